package tinylm.cli;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.runs.OwnCatalog;
import tinylm.store.S3Server;

/// Two machines that share a database and an S3-compatible store, and no disk: what they had not shared yet when
/// something was lost is not lost.
@EnabledOnOs(OS.LINUX)
class StoreIT {

    private static final int STEPS = 2000;

    @TempDir
    private Path folder;

    private final List<PackagedProcess> servers = new ArrayList<>();
    private S3Server store;
    private EmbeddedPostgres database;

    @BeforeEach
    void start() throws IOException {
        store = new S3Server(Files.createDirectories(folder.resolve("s3")));
        database = EmbeddedPostgres.start();
    }

    @AfterEach
    void end() throws IOException {
        servers.forEach(PackagedProcess::close);
        ProcessHandle.allProcesses() // workers outlive their servers
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(folder.toString()))
                        .isPresent())
                .forEach(ProcessHandle::destroyForcibly);
        database.close();
        store.close();
    }

    private String startServer(String name) throws IOException {
        var own = Files.createDirectories(folder.resolve(name));
        var environment = new HashMap<>(store.environment("s3://" + S3Server.BUCKET + "/models"));
        environment.putAll(Map.ofEntries(
                Map.entry("TINYLM_TRAINING_CATALOG", OwnCatalog.write(own).toString()),
                Map.entry("TINYLM_TRAINING_RUNTIME", own.toString()),
                Map.entry("TINYLM_TRAINING_DIRECTORY", own.resolve("runs").toString()),
                Map.entry("TINYLM_TRAINING_THREADS", "1"),
                Map.entry("TINYLM_TRAINING_LEASE", "4s"),
                Map.entry("QUARKUS_PROFILE", "postgresql"),
                Map.entry("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL", database.getJdbcUrl("postgres", "postgres")),
                Map.entry("QUARKUS_DATASOURCE_POSTGRESQL_USERNAME", "postgres"),
                Map.entry("QUARKUS_DATASOURCE_POSTGRESQL_PASSWORD", "postgres")));
        var checkpoint = Path.of("data/checkpoint").toAbsolutePath().toString();
        var server = PackagedProcess.start(own, environment, "serve", "--port", "0", "--checkpoint", checkpoint);
        servers.add(server);
        return "http://" + server.address();
    }

    /// @param steps a worker makes some hundred in a second
    private static String startRun(String url, int steps) {
        return given().baseUri(url)
                .contentType("application/json")
                .body("""
                        {"preset": "demo", "corpus": "own", "config": {"contextLength": 32, "nLayer": 2, "nHead": 2,
                         "nEmbd": 64, "curriculum": [], "dropout": 0.1, "evaluationInterval": 100, "steps": %d}}""".formatted(steps))
                .post("/v1/runs")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static <T> T of(String url, String run, String field) {
        return given().baseUri(url).get("/v1/runs/" + run).path(field);
    }

    private static void awaitStep(String url, String run, int step) {
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> StoreIT.<Integer>of(url, run, "step") >= step);
    }

    private static void awaitEnd(String url, String run) {
        Awaitility.await().atMost(Duration.ofSeconds(150)).until(() -> of(url, run, "endedAt") != null);
        assertEquals("SUCCEEDED", of(url, run, "state"), () -> of(url, run, "reason"));
    }

    private static void assertCurve(String url, String run, int steps) {
        List<Integer> told =
                given().baseUri(url).get("/v1/runs/" + run + "/metrics").path("steps.step");
        assertEquals(IntStream.rangeClosed(1, steps).boxed().toList(), told);
        List<Integer> evaluated =
                given().baseUri(url).get("/v1/runs/" + run + "/metrics").path("evaluations.step");
        assertEquals(
                IntStream.rangeClosed(1, steps / 100).mapToObj(i -> 100 * i).toList(), evaluated);
    }

    private Checkpoint newest(String server, String run) {
        return Checkpoints.newest(folder.resolve(server).resolve("runs").resolve(run), _ -> {})
                .orElseThrow();
    }

    @Test
    void neither_a_store_that_is_away_nor_a_server_that_is_lost_costs_a_step() throws Exception {
        var one = startServer("one");
        waitsForTheStore(one);
        var resumed = resumedFromItsMachine(one);
        var two = startServer("two");
        var goesOn = goesOnElsewhere(one, two);
        assertEquals(newest("one", resumed).sha256(), newest("two", goesOn).sha256());
    }

    private void waitsForTheStore(String url) throws IOException {
        var run = startRun(url, 1000);
        awaitStep(url, run, 20);
        store.close();
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(() -> StoreIT.<String>of(url, run, "reason").contains("It waits to upload"));
        String reason = of(url, run, "reason");
        assertTrue(
                reason.matches(
                        "Done[.] It waits to upload: The store s3://checkpoints/models cannot be used: .*[^.][.]"),
                reason);
        store.start();
        awaitEnd(url, run);
        assertCurve(url, run, 1000);
    }

    /// @return the run
    private String resumedFromItsMachine(String url) throws IOException {
        var run = startRun(url, STEPS);
        awaitStep(url, run, 20);
        store.close();
        long saved = Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> newest("one", run).manifest().orElseThrow().step(), step -> step > 200);
        given().baseUri(url).post("/v1/runs/" + run + "/stop").then().statusCode(202);
        var worker = worker(run);
        worker.destroyForcibly();
        worker.onExit().join();
        store.start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> of(url, run, "endedAt") != null);
        given().baseUri(url).post("/v1/runs/" + run + "/resume").then().statusCode(202);
        awaitEnd(url, run);
        assertCurve(url, run, STEPS);
        var log = given().baseUri(url).get("/v1/runs/" + run + "/log").asString();
        var begun = Pattern.compile("parameters, steps ([0-9,]+) to")
                .matcher(log)
                .results()
                .map(each -> Integer.parseInt(each.group(1).replace(",", "")))
                .toList();
        assertEquals(2, begun.size(), log);
        assertTrue(begun.getLast() >= saved, () -> "began at step " + begun.getLast() + ", not " + saved);
        return run;
    }

    /// The server is lost, and its worker trains on, uploads, and tells nobody.
    ///
    /// @return the run
    private String goesOnElsewhere(String one, String two) throws Exception {
        var run = startRun(one, STEPS);
        awaitStep(two, run, 100);
        var server = servers.getFirst();
        server.signal("KILL");
        server.secondsToEnd(Duration.ofSeconds(10));
        assertTrue(StoreIT.<Integer>of(two, run, "step") < STEPS);
        awaitEnd(two, run);
        assertCurve(two, run, STEPS);
        return run;
    }

    private ProcessHandle worker(String run) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(run))
                        .isPresent())
                .findFirst()
                .orElseThrow();
    }
}
