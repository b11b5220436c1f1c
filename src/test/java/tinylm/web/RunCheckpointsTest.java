package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tinylm.runs.History;

/// Any checkpoint of a run can be asked, and promoted.
@QuarkusTest
class RunCheckpointsTest {

    private static final String RUN = "run-0badcafe";

    @TestHTTPResource("/")
    URI server;

    @Inject
    TrainingSettings training;

    private HttpApi api;
    private Path run;

    @BeforeEach
    void save() {
        api = new HttpApi(server);
        run = training.directory().resolve(RUN);
        for (int step = 0; step <= 5; step++) {
            new History(run).keep(TinyModelResource.save(run, step, 20 + step));
        }
    }

    @AfterEach
    void delete() throws IOException {
        assertEquals(200, api.post("/v1/admin/models/shipped/promote", "").status());
        api.close();
        TinyModelResource.delete(run);
    }

    @Test
    void each_answers_for_itself_and_the_run_for_its_newest() {
        var texts = new HashSet<String>();
        for (int round = 0; round < 2; round++) {
            for (int step = 0; step <= 5; step++) {
                texts.add(text(RUN + "@" + step));
            }
        }
        assertEquals(6, texts.size(), "each step another text, and the same one when it is asked again");
        assertEquals(text(RUN + "@5"), text(RUN));
        assertFalse(texts.contains(text("tinylm-babble")), "what answers without a name is another model");
    }

    @Test
    void many_at_once_get_their_text_or_are_told_to_wait() {
        var answers = java.util.stream.IntStream.range(0, 24)
                .parallel()
                .mapToObj(i -> ask(RUN + "@" + i % 6))
                .toList();
        for (int i = 0; i < answers.size(); i++) {
            var answer = answers.get(i);
            if (answer.status() == 429) {
                assertEquals("models_busy", answer.error().get("code").asText());
            } else {
                assertEquals(
                        text(RUN + "@" + i % 6),
                        answer.json().at("/choices/0/text").asText());
            }
        }
    }

    @Test
    void it_streams_and_is_called_as_it_was_asked_for() {
        var stream = api.post(
                "/v1/completions",
                "{\"model\":\"" + RUN + "@3\",\"prompt\":\"MIRA:\",\"max_tokens\":100,\"seed\":4,\"stream\":true}");
        assertEquals(
                text(RUN + "@3"),
                stream.events().stream()
                        .map(event -> event.at("/choices/0/text").asText())
                        .collect(Collectors.joining()));
        assertEquals(RUN + "@3", stream.events().getFirst().get("model").asText());
    }

    @Test
    void readers_that_go_away_leave_room_for_others() throws IOException {
        var endless = "\"prompt\":\"MIRA:\",\"max_tokens\":5000,\"stream\":true}";
        for (int i = 0; i < 12; i++) {
            try (var stream = api.open("/v1/completions", "{\"model\":\"" + RUN + "@" + i % 6 + "\"," + endless)) {
                assertTrue(stream.read() >= 0);
            }
        }
        org.awaitility.Awaitility.await().until(() -> ask(RUN + "@0").status() == 200);
        assertNotEquals("", text(RUN + "@0"));
    }

    @ParameterizedTest
    @CsvSource({"@6, no checkpoint of step 6", "@x, there is no", "@, there is no", "@1@1, there is no"})
    void what_is_not_there_is_said(String suffix, String sentence) {
        var answer = ask(RUN + suffix);
        assertEquals(404, answer.status());
        assertEquals("model", answer.error().get("param").asText());
        assertTrue(
                answer.error().get("message").asText().contains(sentence),
                answer.error().toString());
    }

    @Test
    void a_corrupt_one_is_refused_by_name_and_the_others_answer() throws IOException {
        var weights = run.resolve("history/step-000000002/model.safetensors");
        var bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        var answer = ask(RUN + "@2");
        assertEquals(422, answer.status());
        assertTrue(answer.error().get("message").asText().contains("model.safetensors was changed"));
        assertEquals(422, api.post("/v1/admin/models/" + RUN + "@2/promote", "").status());
        assertEquals(200, ask(RUN + "@3").status());
    }

    @Test
    void one_of_them_can_be_promoted() {
        var promoted = api.post("/v1/admin/models/" + RUN + "@3/promote", "");
        assertEquals(200, promoted.status(), promoted.response().body());
        assertEquals(3, promoted.json().get("step").asInt());
        assertEquals(
                text(RUN + "@3"),
                api.post("/v1/completions", "{\"prompt\":\"MIRA:\",\"max_tokens\":100,\"seed\":4}")
                        .json()
                        .at("/choices/0/text")
                        .asText());
        assertEquals(404, api.post("/v1/admin/models/" + RUN + "@6/promote", "").status());
    }

    private String text(String model) {
        var answer = ask(model);
        assertEquals(200, answer.status(), answer.response().body());
        return answer.json().at("/choices/0/text").asText();
    }

    private HttpApi.Answer ask(String model) {
        return api.post(
                "/v1/completions", "{\"model\":\"" + model + "\",\"prompt\":\"MIRA:\",\"max_tokens\":100,\"seed\":4}");
    }
}
