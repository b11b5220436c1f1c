package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.runs.Promotions;
import tinylm.runs.Promotions.Promotion;

@QuarkusTest
class AdminModelsTest {

    private static final String ADMIN = "/v1/admin/models";

    @TestHTTPResource("/")
    URI server;

    @Inject
    ServerConfig config;

    @Inject
    Models models;

    @Inject
    Promotable promotable;

    @Inject
    Promotions promotions;

    private HttpApi api;
    private Path runs;

    @BeforeEach
    void connect() throws IOException {
        api = new HttpApi(server);
        runs = Files.createDirectories(config.runs().getFirst());
    }

    @AfterEach
    void back_to_the_first() throws IOException {
        assertEquals(200, promote("shipped").status());
        api.close();
        TinyModelResource.delete(runs);
    }

    @Test
    void the_configured_checkpoint_and_every_runs_best_are_listed_and_the_current_one_is_marked() {
        var better = TinyModelResource.save(runs.resolve("later"), 7, 2);
        var list = api.get(ADMIN).json().get("data");
        assertEquals(2, list.size());
        assertEquals("shipped", list.get(0).get("id").asText());
        assertTrue(list.get(0).get("current").asBoolean());
        assertEquals("later", list.get(1).get("id").asText());
        assertFalse(list.get(1).get("current").asBoolean());
        assertEquals(better.sha256(), list.get(1).get("checkpoint").asText());
        assertEquals(7, list.get(1).get("step").asInt());
    }

    @Test
    void a_promoted_checkpoint_answers_and_a_rollback_brings_the_old_one_back() {
        var before = text();
        var promoted = TinyModelResource.save(runs.resolve("later"), 7, 2);
        var answer = promote("later");
        assertEquals(200, answer.status(), answer.response().body());
        assertTrue(answer.json().get("current").asBoolean());
        assertEquals(promoted.sha256(), served());
        assertNotEquals(before, text());
        var back = api.post(ADMIN + "/rollback", "");
        assertEquals(200, back.status(), back.response().body());
        assertEquals(before, text());
    }

    @Test
    void what_another_server_promotes_answers_here_within_five_seconds() {
        var shipped = served();
        var promoted = TinyModelResource.save(runs.resolve("later"), 7, 2);
        promotions.add(new Promotion("later", promoted.sha256()));
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> served().equals(promoted.sha256()));
        promotions.add(promotions.previous().orElseThrow());
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> served().equals(shipped));
    }

    @Test
    void what_cannot_be_loaded_here_leaves_what_answers_and_is_followed_when_it_is_there() {
        var before = served();
        var promoted = TinyModelResource.save(runs.resolve("later"), 7, 2);
        promotions.add(new Promotion("not-yet", promoted.sha256()));
        Awaitility.await().during(Duration.ofSeconds(2)).until(() -> served().equals(before));
        TinyModelResource.save(runs.resolve("not-yet"), 7, 2);
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> served().equals(promoted.sha256()));
    }

    @Test
    void a_server_that_starts_later_answers_with_what_was_promoted() throws InterruptedException {
        TinyModelResource.save(runs.resolve("later"), 7, 2);
        assertEquals(200, promote("later").status());
        var settings = LoadedModel.Settings.alone(4, 1);
        try (var started = new Models(
                Checkpoints.load(config.checkpoint()),
                checkpoint -> LoadedModel.open(checkpoint, settings),
                config.swapGrace())) {
            new Promoter(started, promotions, promotable, new NamedModels(started, null, promotable)).close();
            assertEquals(served(), started.current().checkpoint().sha256());
        }
    }

    @Test
    void a_runs_folder_that_was_written_anew_is_another_model() throws IOException {
        TinyModelResource.save(runs.resolve("later"), 7, 2);
        assertEquals(200, promote("later").status());
        TinyModelResource.delete(runs.resolve("later"));
        var anew = TinyModelResource.save(runs.resolve("later"), 7, 3);
        assertEquals(200, promote("later").status());
        assertEquals(anew.sha256(), served());
    }

    @Test
    void a_stream_across_a_swap_ends_as_it_began() {
        var create = "{\"type\":\"response.create\",\"input\":\"MIRA:\",\"max_output_tokens\":10000,\"seed\":4}";
        TinyModelResource.save(runs.resolve("later"), 7, 2);
        try (var undisturbed = new SocketClient(server);
                var swapped = new SocketClient(server)) {
            undisturbed.send(create);
            var whole = SocketClient.text(undisturbed.rest());
            swapped.send(create);
            swapped.next();
            assertEquals(200, promote("later").status());
            assertTrue(
                    api.get("/q/metrics").response().body().contains("tinylm_sequences_running 1.0"),
                    "a sequence on the model that was replaced counts as well");
            assertEquals(whole, SocketClient.text(swapped.rest()));
        }
    }

    @Test
    void a_corrupt_checkpoint_says_what_is_wrong_and_nothing_changes() throws IOException {
        var before = served();
        var corrupt = TinyModelResource.save(runs.resolve("corrupt"), 7, 2);
        var weights = corrupt.directory().resolve("model.safetensors");
        var bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        var answer = promote("corrupt");
        assertEquals(422, answer.status());
        assertEquals("checkpoint_refused", answer.error().get("code").asText());
        assertTrue(answer.error().get("message").asText().contains("model.safetensors was changed"));
        assertEquals(before, served());
        var listed = api.get(ADMIN).json().get("data").get(1);
        assertTrue(listed.get("problem").asText().contains("model.safetensors was changed"), listed.toString());
        assertFalse(listed.get("current").asBoolean());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                "..",
                ".",
                "%2e%2e",
                "..%2f..%2fetc",
                "%2fetc",
                "later%2f..",
                "later%00",
                "previous",
                "%20"
            })
    void what_is_not_listed_cannot_be_promoted(String id) {
        TinyModelResource.save(runs.resolve("later"), 7, 2);
        var before = served();
        var answer = promote(id);
        assertTrue(
                answer.status() == 404 || answer.status() == 405,
                id + ": " + answer.response().body());
        assertTrue(answer.error().get("message").asText().endsWith("."));
        assertEquals(before, served());
    }

    @Test
    void one_promotion_at_a_time() throws InterruptedException {
        TinyModelResource.save(runs.resolve("later"), 7, 2);
        var loading = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var current = models.current();
        var calls = new int[1];
        var slow = new Models(
                current.checkpoint(),
                _ -> {
                    if (calls[0]++ > 0) {
                        loading.countDown();
                        await(go);
                        throw new IllegalStateException("enough");
                    }
                    return current;
                },
                config.swapGrace());
        var promoter = new Promoter(slow, promotions, promotable, new NamedModels(slow, null, promotable));
        var resource = new AdminModelsResource(promoter, promotable);
        var first = Thread.ofVirtual().unstarted(() -> resource.promote("later"));
        first.setUncaughtExceptionHandler((_, _) -> {});
        first.start();
        await(loading);
        try (var second = resource.promote("later")) {
            assertEquals(409, second.getStatus());
        }
        go.countDown();
        first.join();
        promoter.close();
    }

    private HttpApi.Answer promote(String id) {
        return api.post(ADMIN + "/" + id + "/promote", "");
    }

    private String served() {
        return model().get("checkpoint").asText();
    }

    private JsonNode model() {
        return api.get("/v1/models").json().get("data").get(0);
    }

    private String text() {
        var body = api.post("/v1/completions", "{\"prompt\":\"MIRA:\",\"max_tokens\":100,\"seed\":4}");
        return body.json().at("/choices/0/text").asText();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
