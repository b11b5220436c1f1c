package tinylm.cli;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Checkpoints;
import tinylm.runs.ApiServer;
import tinylm.runs.OwnCatalog;
import tinylm.store.S3Server;

/// The packaged server with workers that are Jobs, before an API server and a kubelet that the test brings: the same
/// API, and the same bits in the end, although the run is paused and its machine is lost.
@EnabledOnOs(OS.LINUX)
class KubernetesIT {

    private static final int STEPS = 1500;
    private static final String MODEL = "--context 32 --layers 1 --heads 2 --width 32 --curriculum none --dropout 0.1";

    @TempDir
    Path folder;

    private final ApiServer api = new ApiServer();
    private Kubelet kubelet;
    private PackagedProcess server;
    private String url;

    private void start(Map<String, String> store) throws Exception {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        url = "http://127.0.0.1:" + port;
        var template = Files.writeString(folder.resolve("job.yaml"), """
                apiVersion: batch/v1
                kind: Job
                spec:
                  template:
                    spec:
                      restartPolicy: Never
                      containers:
                        - name: worker
                          image: tinylm:1
                          env: [{name: TINYLM_SERVER, value: "%s"}]
                """.formatted(url));
        var environment = new HashMap<>(store);
        environment.putAll(Map.of(
                "TINYLM_TRAINING_CATALOG", OwnCatalog.write(folder).toString(),
                "TINYLM_TRAINING_RUNTIME", folder.toString(),
                "TINYLM_TRAINING_DIRECTORY", folder.resolve("runs").toString(),
                "TINYLM_TRAINING_LAUNCHER", "kubernetes",
                "TINYLM_TRAINING_LEASE", "60s",
                "TINYLM_TRAINING_KUBERNETES_TEMPLATE", template.toString(),
                "KUBERNETES_MASTER", api.url(),
                "KUBERNETES_NAMESPACE", "tinylm",
                "KUBECONFIG", folder.resolve("none").toString()));
        server = PackagedProcess.start(folder, environment, "serve", "--port", Integer.toString(port));
        server.await("tinylm is at");
        kubelet = new Kubelet(api.operator(), folder, store);
    }

    @AfterEach
    void stop() {
        server.close();
        kubelet.close();
        api.close();
    }

    @Test
    void a_run_is_paused_and_loses_its_machine_and_ends_with_the_same_bits() throws Exception {
        start(Map.of());
        loseMachinesOfARun();
    }

    @Test
    void so_it_does_when_machines_share_a_store_and_no_disk() throws Exception {
        try (var store = new S3Server(Files.createDirectories(folder.resolve("s3")))) {
            start(store.environment("s3://" + S3Server.BUCKET));
            var id = loseMachinesOfARun();
            assertEquals(
                    200,
                    given().baseUri(url)
                            .get("/v1/runs/" + id + "/checkpoint.zip")
                            .statusCode());
            assertEquals(
                    200,
                    given().baseUri(url)
                            .contentType("application/json")
                            .body(Map.of("model", id + "@0", "prompt", "The", "max_tokens", 4))
                            .post("/v1/completions")
                            .statusCode());
        }
    }

    /// @return the run's id
    private String loseMachinesOfARun() throws Exception {
        var id = startRun();
        awaitStep(id, 20);
        var first = job(id);
        assertTrue(first.startsWith(id + "-"), first);
        steer(id, "pause");
        awaitState(id, "PAUSED");
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> kubelet.isComplete(first));
        steer(id, "resume");
        awaitStep(id, step(id) + 20);
        var second = job(id);
        assertNotEquals(first, second);

        for (var signal : List.of("KILL", "TERM")) {
            kubelet.end(second, signal);
            awaitStep(id, step(id) + 20);
            assertEquals(second, job(id), "the pod was replaced in its Job");
        }
        awaitState(id, "SUCCEEDED");
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> kubelet.isComplete(second));

        List<Integer> steps =
                given().baseUri(url).get("/v1/runs/" + id + "/metrics").path("steps.step");
        assertEquals(IntStream.rangeClosed(1, STEPS).boxed().toList(), steps);
        assertEquals(uninterrupted(), weights(folder.resolve("runs").resolve(id)));
        var log = given().baseUri(url).get("/v1/runs/" + id + "/log").asString();
        assertTrue(log.contains("Paused at step ") && log.endsWith("Done.\n"), log);
        assertEquals(0, server.crashReports().size());
        return id;
    }

    private String startRun() {
        return given().baseUri(url)
                .contentType("application/json")
                .body("""
                        {"preset": "demo", "corpus": "own", "config": {"contextLength": 32, "nLayer": 1, "nHead": 2,
                         "nEmbd": 32, "curriculum": [], "dropout": 0.1, "evaluationInterval": 100, "steps": %d}}""".formatted(STEPS))
                .post("/v1/runs")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private void steer(String id, String verb) {
        given().baseUri(url).post("/v1/runs/" + id + "/" + verb).then().statusCode(202);
    }

    private int step(String id) {
        return given().baseUri(url).get("/v1/runs/" + id).path("step");
    }

    private String job(String id) {
        return given().baseUri(url).get("/v1/runs/" + id).path("job");
    }

    private void awaitStep(String id, int step) {
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> step(id) >= step && job(id) != null);
    }

    private void awaitState(String id, String state) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(() ->
                        given().baseUri(url).get("/v1/runs/" + id).path("state").equals(state));
    }

    private String uninterrupted() throws Exception {
        var run = folder.resolve("uninterrupted");
        try (var train = PackagedProcess.start(
                folder,
                ("train --preset demo " + MODEL + " --evaluate-every 100 --steps " + STEPS
                                + " --corpus corpora/own.txt --out " + run)
                        .split(" "))) {
            train.secondsToEnd(Duration.ofMinutes(5));
            assertEquals(0, train.exitCode(), train.output());
        }
        return weights(run);
    }

    private static String weights(Path run) {
        return Checkpoints.newest(run, _ -> {})
                .filter(newest -> newest.manifest().orElseThrow().step() == STEPS)
                .orElseThrow()
                .sha256();
    }
}
