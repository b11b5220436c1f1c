package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.runs.FakeLauncher;
import tinylm.runs.Job;
import tinylm.runs.ProcessLauncher;
import tinylm.runs.Run;
import tinylm.runs.RunState;
import tinylm.runs.Runs;

/// The API of runs, with workers that the test plays.
@QuarkusTest
class RunsApiTest {

    @TestHTTPResource("/")
    URI server;

    @Inject
    FakeLauncher launcher;

    @Inject
    Runs runs;

    /// Takes the place of processes for every server under test.
    @Singleton
    static class NoProcesses {

        @Produces
        @Singleton
        FakeLauncher launcher() {
            return new FakeLauncher();
        }
    }

    @AfterEach
    void end_all() {
        Awaitility.await().until(() -> runs.list().stream().allMatch(this::hasEnded));
    }

    /// A queued run may have got its worker in the meantime.
    private boolean hasEnded(Run run) {
        if (run.state() == RunState.QUEUED) {
            runs.stop(run.id());
            return false;
        }
        if (run.worker().isPresent()) {
            awaitWorker(run.id());
            report(run.id(), "FAILED", "[]").statusCode(200);
        }
        return !run.worker().isPresent();
    }

    @Test
    void a_run_is_started_watched_paused_and_stopped() throws Exception {
        var id = start(
                        "{\"preset\": \"demo\", \"corpus\": \"own\", \"name\": \"<i>mine</i>\", \"config\": {\"steps\": 30}}")
                .statusCode(201)
                .body("state", equalTo("QUEUED"))
                .body("name", equalTo("<i>mine</i>"))
                .body("steps", equalTo(30))
                .body("config.model.nEmbd", equalTo(128))
                .body("corpus.name", equalTo("own"))
                .extract()
                .<String>path("id");
        awaitWorker(id);
        report(id, "TRAINING", steps(1, 2)).statusCode(200).body("wanted", equalTo("GO_ON"));
        given().get("/v1/runs/" + id)
                .then()
                .statusCode(200)
                .body("state", equalTo("RUNNING"))
                .body("step", equalTo(2))
                .body("workerPid", equalTo(5))
                .body("protocol", equalTo("val-full-128"));
        given().get("/v1/runs").then().statusCode(200).body("data.id", hasItem(id));
        given().get("/v1/runs/" + id + "/metrics")
                .then()
                .body("steps", hasSize(2))
                .body("evaluations[0].valLoss", equalTo(3.5f));
        given().get("/v1/runs/" + id + "/metrics?from=1").then().body("steps.step", equalTo(List.of(2)));
        given().get("/v1/runs/" + id + "/samples").then().body("data[0].text", equalTo("<b>Oh</b>"));
        given().get("/v1/runs/" + id + "/changes").then().body("data.to", equalTo(List.of("STARTING", "RUNNING")));
        Files.writeString(launcher.worker(id).directory().resolve(ProcessLauncher.LOG), "step 1\n");
        given().get("/v1/runs/" + id + "/log")
                .then()
                .contentType(containsString("text/plain"))
                .body(equalTo("step 1\n"));

        ask(id, "pause").statusCode(202);
        report(id, "PAUSED", "[]").body("wanted", equalTo("PAUSE"));
        ask(id, "resume").statusCode(202).body("state", equalTo("PAUSED"));
        report(id, "TRAINING", "[]").body("wanted", equalTo("GO_ON"));
        FailuresTest.problem(ask(id, "resume"), 409, "invalid_request_error", "wrong_state");
        ask(id, "stop").statusCode(202).body("state", equalTo("STOPPING"));
        report(id, "STOPPED", "[]").body("wanted", equalTo("GO_ON"));
        FailuresTest.problem(ask(id, "stop"), 409, "invalid_request_error", "wrong_state");
        given().contentType("application/json")
                .body("{\"steps\": 10}")
                .post("/v1/runs/" + id + "/extend")
                .then()
                .statusCode(202)
                .body("steps", equalTo(40));
        given().contentType("application/json")
                .body("{\"config\": {\"seed\": 5}}")
                .post("/v1/runs/" + id + "/clone")
                .then()
                .statusCode(201)
                .body("config.seed", equalTo(5))
                .body("steps", equalTo(40));
    }

    @Test
    void the_socket_tells_all_runs_and_then_what_changes() throws Exception {
        var id = start("{\"preset\": \"demo\", \"corpus\": \"own\"}")
                .statusCode(201)
                .extract()
                .<String>path("id");
        awaitWorker(id);
        Queue<JsonNode> heard = new ConcurrentLinkedQueue<>();
        try (var http = HttpClient.newHttpClient()) {
            var socket = http.newWebSocketBuilder()
                    .buildAsync(
                            URI.create(server.toString().replaceFirst("http", "ws") + "v1/runs/stream"),
                            new Frames(heard))
                    .join();
            Awaitility.await()
                    .until(() -> heard.stream()
                            .anyMatch(event -> event.at("/run/id").asText().equals(id)));
            heard.clear();
            report(id, "TRAINING", steps(1, 2)).statusCode(200);
            Awaitility.await()
                    .until(
                            () -> heard.stream()
                                    .map(event -> event.get("type").asText())
                                    .toList(),
                            hasItem("sample"));
            var types = heard.stream().map(event -> event.get("type").asText()).toList();
            assertEquals(List.of("run", "metrics", "sample"), types);
            assertEquals("RUNNING", heard.poll().at("/run/state").asText());
            var metrics = heard.poll();
            assertEquals(id, metrics.get("run").asText());
            assertEquals(2, metrics.get("steps").size());
            assertEquals(3.5, metrics.at("/evaluations/0/valLoss").asDouble());
            assertEquals("<b>Oh</b>", heard.poll().get("text").asText());
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        }
    }

    private record Frames(Queue<JsonNode> heard, StringBuilder part) implements WebSocket.Listener {

        Frames(Queue<JsonNode> heard) {
            this(heard, new StringBuilder());
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                try {
                    heard.add(new ObjectMapper().readTree(part.toString()));
                } catch (JsonProcessingException e) {
                    throw new IllegalStateException(e);
                }
                part.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"corpus\": \"own\"} preset",
                "{\"preset\": 1, \"corpus\": \"own\"} preset",
                "{\"preset\": \"huge\", \"corpus\": \"own\"} preset",
                "{\"preset\": \"demo\"} corpus",
                "{\"preset\": \"demo\", \"corpus\": \"other\"} corpus",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"name\": \"\"} name",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"name\": null} name",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": []} config",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": {\"nHead\": 7}} nHead",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": {\"nEmbd\": -1}} nEmbd",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": {\"steps\": 2147483648}} steps",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": {\"optimizer\": null}} optimizer",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"nmae\": \"mine\"} nmae",
                "{\"preset\": \"demo\", \"corpus\": \"own\", \"config\": {\"curriculum\": \"none\"}} curriculum"
            })
    void a_wrong_request_is_refused_with_the_field_at_fault(String bodyAndParam) {
        int end = bodyAndParam.lastIndexOf(' ');
        start(bodyAndParam.substring(0, end))
                .statusCode(400)
                .body("error.code", equalTo("invalid_value"))
                .body("error.message", matchesPattern(".+\\."))
                .body("error.param", equalTo(bodyAndParam.substring(end + 1)));
    }

    @Test
    void a_run_that_is_not_there_is_not_found() {
        for (var path : List.of("", "/metrics", "/samples", "/changes", "/log")) {
            notFound(given().get("/v1/runs/run-0" + path).then());
        }
        notFound(ask("run-0", "stop"));
    }

    private static void notFound(ValidatableResponse answer) {
        answer.statusCode(404)
                .body("error.code", equalTo("run_not_found"))
                .body("error.message", equalTo("There is no run \"run-0\"."))
                .body("error.param", equalTo("id"));
    }

    @Test
    void only_the_runs_own_worker_may_report() {
        var id = start("{\"preset\": \"demo\", \"corpus\": \"own\"}").extract().<String>path("id");
        awaitWorker(id);
        for (var token : List.of("", "0".repeat(64))) {
            FailuresTest.problem(report(id, token, "SUCCEEDED", "[]"), 409, "invalid_request_error", "lease_lost");
        }
        given().contentType("application/json")
                .header(Job.TOKEN_HEADER, launcher.worker(id).token())
                .body("{\"phase\": \"DANCING\"}")
                .post("/internal/runs/" + id + "/reports")
                .then()
                .statusCode(400);
        given().get("/v1/runs/" + id).then().body("state", equalTo("STARTING"));
    }

    @Test
    void presets_and_corpora_are_listed() {
        given().get("/v1/presets")
                .then()
                .body("data.name", equalTo(List.of("demo", "small", "default", "record", "original")))
                .body("data[2].parameters", equalTo(2_731_200));
        given().get("/v1/corpora").then().body("data.id", hasItem("own"));
    }

    @Test
    void what_presets_cost_is_measured_but_not_beside_a_run() {
        given().post("/v1/presets/measure").then().statusCode(202);
        given().get("/v1/presets")
                .then()
                .body("isMeasuring", equalTo(false))
                .body("measuredAt", equalTo("1970-01-01T00:00:00Z"))
                .body("data[0].cost.seconds", equalTo(90.0f))
                .body("data[0].cost.memoryBytes", equalTo(7 << 20))
                .body("data[1].cost", equalTo(null));
        var id = start("{\"preset\": \"demo\", \"corpus\": \"own\"}").extract().<String>path("id");
        awaitWorker(id);
        FailuresTest.problem(given().post("/v1/presets/measure").then(), 409, "invalid_request_error", "wrong_state");
    }

    @Test
    void a_run_is_cancelled_with_all_it_had_saved() {
        var id = start("{\"preset\": \"demo\", \"corpus\": \"own\"}").extract().<String>path("id");
        awaitWorker(id);
        report(id, "TRAINING", steps(1, 2));
        ask(id, "cancel").statusCode(202).body("state", equalTo("STOPPING"));
        report(id, "STOPPED", "[]").statusCode(200);
        given().get("/v1/runs/" + id).then().body("state", equalTo("CANCELLED"));
        given().get("/v1/runs/" + id + "/metrics").then().body("steps", hasSize(2));
        given().get("/v1/runs/" + id + "/metrics?from=1").then().body("steps", hasSize(1));
        for (var from : List.of("abc", "1e3", "9".repeat(20))) {
            given().get("/v1/runs/" + id + "/metrics?from=" + from)
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo("from"));
        }
        given().get("/v1/runs/" + id + "/checkpoint.zip")
                .then()
                .statusCode(404)
                .body("error.message", equalTo("The checkpoints of this run were deleted when it was cancelled."));
        given().get("/v1/runs/" + id + "/checkpoints").then().statusCode(200).body("data", hasSize(0));
        FailuresTest.problem(ask(id, "resume"), 409, "invalid_request_error", "wrong_state");
    }

    private ValidatableResponse start(String body) {
        return given().contentType("application/json")
                .body(body)
                .post("/v1/runs")
                .then();
    }

    private ValidatableResponse ask(String id, String what) {
        return given().post("/v1/runs/" + id + "/" + what).then();
    }

    private void awaitWorker(String id) {
        Awaitility.await()
                .until(() ->
                        runs.get(id).worker().filter(worker -> worker.pid() > 0).isPresent());
    }

    private ValidatableResponse report(String id, String phase, String steps) {
        return report(id, launcher.worker(id).token(), phase, steps);
    }

    private ValidatableResponse report(String id, String token, String phase, String steps) {
        boolean some = !steps.equals("[]");
        return given().contentType("application/json")
                .header(Job.TOKEN_HEADER, token)
                .body(Map.of(
                        "phase",
                        phase,
                        "sentence",
                        "",
                        "pid",
                        5,
                        "memoryBytes",
                        1 << 20,
                        "steps",
                        read(steps),
                        "evaluations",
                        some
                                ? List.of(Map.of("step", 2, "trainLoss", 3.75, "validationLoss", 3.5, "seconds", 2))
                                : List.of(),
                        "samples",
                        some ? List.of(Map.of("step", 2, "text", "<b>Oh</b>")) : List.of()))
                .post("/internal/runs/" + id + "/reports")
                .then();
    }

    private static Object read(String json) {
        try {
            return new ObjectMapper().readValue(json, Object.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String steps(int from, int to) {
        var steps = new StringBuilder();
        for (int step = from; step <= to; step++) {
            steps.append(steps.isEmpty() ? "" : ",")
                    .append(
                            "{\"step\":%d,\"loss\":4,\"learningRate\":0.001,\"gradientNorm\":1,\"charactersPerSecond\":9,\"memoryBytes\":8,\"seconds\":%d}"
                                    .formatted(step, step));
        }
        return "[" + steps + "]";
    }
}
