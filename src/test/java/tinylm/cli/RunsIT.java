package tinylm.cli;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Checkpoints;
import tinylm.runs.OwnCatalog;

/// Managed runs of the packaged program lose nothing when their worker or their server is killed. A full count of
/// kills: `-Dtinylm.kills=50`.
@EnabledOnOs(OS.LINUX)
class RunsIT {

    private static final int KILLS = Integer.getInteger("tinylm.kills", 5);

    /// More than are done between the kills, so that each meets a worker that trains.
    private static final int STEPS = 300 * (KILLS + 1);

    @TempDir
    Path folder;

    private int port;
    private PackagedProcess server;

    @BeforeEach
    void choosePort() throws IOException {
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
    }

    @Test
    void whoever_is_killed_the_final_weights_are_the_same_and_the_curve_has_no_gap() throws Exception {
        var catalog = OwnCatalog.write(folder);
        startServer(catalog);
        try {
            var id = start("\"steps\": " + STEPS + ", \"evaluationInterval\": 40, \"dropout\": 0.1");
            var random = new Random(4);
            int killedAt = 0;
            for (int kill = 0; kill < KILLS; kill++) {
                long pid = awaitWorkerThatTrains(id, killedAt);
                Awaitility.await()
                        .pollDelay(Duration.ofMillis(random.nextInt(400)))
                        .until(() -> true);
                assertTrue(
                        ProcessHandle.of(pid)
                                .map(ProcessHandle::destroyForcibly)
                                .orElse(false),
                        "kill " + kill + " met nobody; the run is " + state(id) + " at step " + step(id));
                killedAt = step(id);
                if (kill == 0) {
                    server.close(); // with -9, too
                    startServer(catalog);
                }
                if (state(id).equals("INTERRUPTED")) {
                    given().baseUri(url()).post("/v1/runs/" + id + "/resume");
                }
            }
            Awaitility.await()
                    .atMost(Duration.ofMinutes(3))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> state(id).equals("SUCCEEDED"));
            List<Integer> steps =
                    given().baseUri(url()).get("/v1/runs/" + id + "/metrics").path("steps.step");
            assertEquals(
                    LongStream.rangeClosed(1, STEPS)
                            .mapToObj(step -> (int) step)
                            .toList(),
                    steps);
            assertEquals(uninterrupted(STEPS), weights(folder.resolve("runs").resolve(id), STEPS));
            var report =
                    given().baseUri(url()).get("/v1/runs/" + id + "/report").asString();
            assertTrue(report.matches("(?s).*\\| Threads \\| [0-9]+ \\|\n.*"), report);
        } finally {
            server.close();
        }
    }

    @Test
    void whatever_happens_to_the_disk_a_sentence_says_so_and_the_weights_are_the_same() throws Exception {
        int steps = 2000;
        var catalog = OwnCatalog.write(folder);
        startServer(catalog);
        try {
            var id = start("\"steps\": " + steps + ", \"evaluationInterval\": 40, \"dropout\": 0.1");
            var run = folder.resolve("runs").resolve(id);

            // a limit of the process stands for a disk that is full: a save breaks off in the middle of a file
            long pid = awaitWorkerThatTrains(id, 0);
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> step(id) > 80);
            execute("prlimit", "--pid", Long.toString(pid), "--fsize=50000");
            awaitFailure(id, "did not take the checkpoint: File too large.");
            assertWhole(run);
            assertAnswers(id);

            resume(id);
            awaitWorkerThatTrains(id, step(id));
            try {
                setWritable(run, false);
                awaitFailure(id, "permi"); // "no permission" or "not permitted", as the system has it
            } finally {
                setWritable(run, true);
            }
            assertWhole(run);
            assertAnswers(id);

            var newest = Checkpoints.newest(run, sentence -> {}).orElseThrow();
            var weights = newest.directory().resolve("model.safetensors");
            var bytes = Files.readAllBytes(weights);
            bytes[bytes.length / 2] ^= 1;
            Files.write(weights, bytes);
            resume(id);
            awaitWorkerThatTrains(id, step(id));
            var reason = given().baseUri(url()).get("/v1/runs/" + id).<String>path("reason");
            assertTrue(reason.startsWith("Goes on from step ") && reason.contains(weights.toString()), reason);

            var corpus = folder.resolve("corpora/own.txt");
            var text = Files.readAllBytes(corpus);
            Files.delete(corpus);
            pid = given().baseUri(url()).get("/v1/runs/" + id).jsonPath().getLong("workerPid");
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            awaitFailure(id, "the corpus own is not there any more");
            assertAnswers(id);

            Files.write(corpus, text);
            resume(id);
            Awaitility.await()
                    .atMost(Duration.ofMinutes(3))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> state(id).equals("SUCCEEDED"));
            assertEquals(uninterrupted(steps), weights(run, steps));
        } finally {
            server.close();
        }
    }

    private void resume(String id) {
        given().baseUri(url()).post("/v1/runs/" + id + "/resume").then().statusCode(202);
    }

    private void awaitFailure(String id, String reason) {
        awaitState(id, "FAILED");
        var said = given().baseUri(url()).get("/v1/runs/" + id).<String>path("reason");
        assertTrue(said.contains(reason), said);
    }

    /// Nothing is half there.
    private static void assertWhole(Path run) {
        var refused = new ArrayList<String>();
        assertTrue(Checkpoints.newest(run, refused::add).isPresent());
        assertEquals(List.of(), refused);
    }

    private void assertAnswers(String id) {
        given().baseUri(url())
                .contentType("application/json")
                .body("{\"model\": \"" + id + "\", \"prompt\": \"a\", \"max_tokens\": 5}")
                .post("/v1/completions")
                .then()
                .statusCode(200);
    }

    /// Also where the tests run as root, to whom permissions mean nothing.
    private static void setWritable(Path folder, boolean writable) throws Exception {
        if (System.getProperty("user.name").equals("root")) {
            execute("chattr", writable ? "-i" : "+i", folder.toString());
        } else {
            assertTrue(folder.toFile().setWritable(writable));
        }
    }

    private static void execute(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
    }

    @Test
    void a_worker_goes_on_while_its_server_is_away_and_the_next_server_takes_it_up() throws Exception {
        var catalog = OwnCatalog.write(folder);
        startServer(catalog);
        try {
            var id = start("\"steps\": 1000000, \"evaluationInterval\": 100000");
            long pid = awaitWorkerThatTrains(id, 0);
            server.close();
            int before = lastStep(id, catalog, pid);
            assertTrue(before > 0);
            given().baseUri(url()).post("/v1/runs/" + id + "/pause").then().statusCode(202);
            awaitState(id, "PAUSED");
            given().baseUri(url()).post("/v1/runs/" + id + "/resume").then().statusCode(202);
            awaitState(id, "RUNNING");
            given().baseUri(url()).post("/v1/runs/" + id + "/stop").then().statusCode(202);
            awaitState(id, "STOPPED");
            Awaitility.await().until(() -> ProcessHandle.of(pid).isEmpty());
        } finally {
            server.close();
        }
    }

    /// Starts a server again, and checks that the very same worker has filled the time in between.
    private int lastStep(String id, Path catalog, long pid) throws IOException {
        startServer(catalog);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> state(id).equals("RUNNING") && step(id) > 0);
        assertEquals(
                pid,
                given().baseUri(url())
                        .get("/v1/runs/" + id)
                        .<Integer>path("workerPid")
                        .longValue());
        List<Integer> steps =
                given().baseUri(url()).get("/v1/runs/" + id + "/metrics").path("steps.step");
        assertEquals(
                LongStream.rangeClosed(1, steps.getLast())
                        .mapToObj(step -> (int) step)
                        .toList(),
                steps);
        return steps.getLast();
    }

    private void startServer(Path catalog) throws IOException {
        server = PackagedProcess.start(
                folder,
                Map.of(
                        "TINYLM_TRAINING_CATALOG",
                        catalog.toString(),
                        "TINYLM_TRAINING_RUNTIME",
                        folder.toString(),
                        "TINYLM_TRAINING_DIRECTORY",
                        folder.resolve("runs").toString(),
                        "TINYLM_DATABASE",
                        folder.resolve("db").toString(),
                        "TINYLM_TRAINING_LEASE",
                        "3s",
                        "TINYLM_TRAINING_ATTEMPTS",
                        "1000"),
                "serve",
                "--port",
                Integer.toString(port));
        server.await("tinylm is at");
    }

    /// Queues a run of a tiny model, and returns its id.
    private String start(String config) {
        return given().baseUri(url())
                .contentType("application/json")
                .body("{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": {\"contextLength\": 32, \"nLayer\": 1,"
                        + " \"nHead\": 2, \"nEmbd\": 32, \"curriculum\": [], " + config + "}}")
                .post("/v1/runs")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private String url() {
        return "http://127.0.0.1:" + port;
    }

    private String state(String id) {
        return given().baseUri(url()).get("/v1/runs/" + id).path("state");
    }

    private int step(String id) {
        return given().baseUri(url()).get("/v1/runs/" + id).<Integer>path("step");
    }

    private void awaitState(String id, String state) {
        Awaitility.await(state)
                .atMost(Duration.ofSeconds(20))
                .until(() -> state(id).equals(state));
    }

    /// The process of a worker that is alive and has reported another step than `before`: a run whose worker was killed
    /// looks as it did for a while.
    private long awaitWorkerThatTrains(String id, int before) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> {
                            var run =
                                    given().baseUri(url()).get("/v1/runs/" + id).jsonPath();
                            boolean isTraining =
                                    run.getString("state").equals("RUNNING") && run.getInt("step") != before;
                            return isTraining ? run.getLong("workerPid") : 0;
                        },
                        pid -> pid > 0 && ProcessHandle.of(pid).isPresent());
    }

    private String uninterrupted(int steps) throws Exception {
        var run = folder.resolve("uninterrupted");
        try (var train = PackagedProcess.start(
                folder,
                ("train --preset demo --context 32 --layers 1 --heads 2 --width 32 --curriculum none --dropout 0.1"
                                + " --evaluate-every 40 --steps " + steps + " --corpus corpora/own.txt --out " + run)
                        .split(" "))) {
            train.secondsToEnd(Duration.ofMinutes(5));
            assertEquals(0, train.exitCode(), train.output());
        }
        return weights(run, steps);
    }

    private static String weights(Path run, int steps) {
        return Checkpoints.newest(run, sentence -> {})
                .filter(newest -> newest.manifest().orElseThrow().step() == steps)
                .orElseThrow()
                .sha256();
    }
}
