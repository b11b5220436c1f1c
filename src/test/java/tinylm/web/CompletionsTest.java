package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// `POST /v1/completions` of a server with a real, tiny model behind it.
@QuarkusTest
class CompletionsTest {

    private static final String LONG = "{\"prompt\":\"MIRA:\",\"max_tokens\":10000";

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    private HttpApi api;

    @BeforeEach
    void connect() {
        api = new HttpApi(server);
    }

    @AfterEach
    void disconnect() {
        api.close();
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @Test
    void a_completion_comes_in_openais_shape_with_its_seed() {
        var body = complete("{\"prompt\":\"MIRA:\",\"max_tokens\":30,\"seed\":7,\"model\":\"tinylm-babble\"}");
        assertTrue(body.get("id").asText().startsWith("cmpl-"));
        assertEquals("text_completion", body.get("object").asText());
        assertEquals("tinylm-babble", body.get("model").asText());
        assertTrue(body.get("created").isIntegralNumber());
        assertTrue(body.get("system_fingerprint").isTextual());
        assertEquals(7, body.get("seed").asLong());
        assertEquals(1, body.get("choices").size());
        var choice = body.get("choices").get(0);
        assertEquals(30, choice.get("text").asText().length());
        assertEquals(0, choice.get("index").asInt());
        assertTrue(choice.get("logprobs").isNull());
        assertEquals("length", choice.get("finish_reason").asText());
        assertEquals(5, body.get("usage").get("prompt_tokens").asInt());
        assertEquals(30, body.get("usage").get("completion_tokens").asInt());
        assertEquals(35, body.get("usage").get("total_tokens").asInt());
    }

    @Test
    void streamed_or_not_the_same_seed_gives_the_same_text() {
        var fields = "{\"prompt\":\"MIRA:\",\"max_tokens\":200";
        var whole = complete(fields + "}");
        var answer = api.post("/v1/completions", fields + ",\"stream\":true,\"seed\":" + whole.get("seed") + "}");
        assertEquals(200, answer.status());
        assertTrue(answer.response()
                .headers()
                .firstValue("Content-Type")
                .orElse("")
                .startsWith("text/event-stream"));
        assertEquals("[DONE]", answer.data().getLast());
        assertEquals(text(whole), text(answer.events()));
        var reasons = answer.events().stream()
                .map(event -> event.get("choices").get(0).get("finish_reason"))
                .toList();
        assertEquals("length", reasons.getLast().asText());
        assertTrue(reasons.subList(0, reasons.size() - 1).stream().allMatch(JsonNode::isNull));
        assertTrue(answer.events().stream().noneMatch(event -> event.has("usage")));
    }

    @Test
    void usage_comes_last_in_a_stream_when_it_is_asked_for() {
        var events = api.post(
                        "/v1/completions",
                        "{\"prompt\":\"a\",\"max_tokens\":5,\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
                .events();
        assertEquals(0, events.getLast().get("choices").size());
        assertEquals(6, events.getLast().get("usage").get("total_tokens").asInt());
    }

    @Test
    void every_character_has_its_probability_and_those_of_what_could_have_stood_there() {
        var fields = "{\"prompt\":\"MIRA:\",\"max_tokens\":40,\"seed\":5,\"logprobs\":3";
        var whole = complete(fields + "}");
        var logprobs = whole.get("choices").get(0).get("logprobs");
        assertEquals(text(whole), joined(logprobs.get("tokens")));
        for (var name : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
            assertEquals(40, logprobs.get(name).size(), name);
        }
        for (int i = 0; i < 40; i++) {
            assertEquals(5 + i, logprobs.get("text_offset").get(i).asInt());
            var top = logprobs.get("top_logprobs").get(i);
            var drawn = top.get(logprobs.get("tokens").get(i).asText());
            assertEquals(logprobs.get("token_logprobs").get(i), drawn);
            assertTrue(drawn.asDouble() < 0 && (top.size() == 3 || top.size() == 4), top.toString());
        }
        var streamed = api.post("/v1/completions", fields + ",\"stream\":true}").events();
        for (var name : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
            var pieces = streamed.stream()
                    .map(event -> event.get("choices").get(0).get("logprobs").get(name))
                    .flatMap(list -> StreamSupport.stream(list.spliterator(), false))
                    .toList();
            assertEquals(logprobs.get(name), new ObjectMapper().valueToTree(pieces), name);
        }
        assertEquals(
                1,
                complete("{\"prompt\":\"a\",\"max_tokens\":1,\"logprobs\":0}")
                        .at("/choices/0/logprobs/top_logprobs/0")
                        .size());
    }

    @Test
    void an_echo_begins_with_the_prompt() {
        var fields = "{\"prompt\":\"MIRA:\",\"max_tokens\":20,\"seed\":3,\"echo\":true";
        var whole = text(complete(fields + "}"));
        assertTrue(whole.startsWith("MIRA:"), whole);
        assertEquals(25, whole.length());
        assertEquals(
                whole,
                text(api.post("/v1/completions", fields + ",\"stream\":true}").events()));
    }

    @Test
    void a_stop_string_is_not_in_the_text() {
        var fields = "{\"prompt\":[\"MIRA:\"],\"max_tokens\":200,\"seed\":3";
        var whole = text(complete(fields + "}"));
        var stop = whole.substring(50, 53);
        var choice = complete(fields + ",\"stop\":" + TextNode.valueOf(stop) + "}")
                .get("choices")
                .get(0);
        assertEquals("stop", choice.get("finish_reason").asText());
        assertEquals(whole.substring(0, whole.indexOf(stop)), choice.get("text").asText());
    }

    @Test
    void a_client_that_goes_away_frees_its_slot_streamed_or_not() throws IOException {
        try (var stream = api.open("/v1/completions", LONG + ",\"stream\":true}")) {
            assertTrue(stream.read() >= 0);
            assertEquals(1, models.current().engine().unfinished());
        }
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
        try (var impatient = new HttpApi(server)) {
            impatient.postAndForget("/v1/completions", LONG + "}");
            Awaitility.await().until(() -> models.current().engine().unfinished() == 1);
        }
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @Test
    void refusals_speak_of_this_apis_fields() {
        refused("{}", 400, "prompt", "prompt must be there, as one string.");
        refused("{\"prompt\":[\"a\",\"b\"]}", 400, "prompt", "prompt must be there, as one string.");
        refused("{\"prompt\":[[1,2]]}", 400, "prompt", "prompt must be a list of strings alone, but is a list.");
        refused("{\"prompt\":[1,2]}", 400, "prompt", "prompt must be a list of strings alone, but is the number 1.");
        refused("{\"prompt\":\"\"}", 400, "prompt", "prompt must have at least one character");
        refused("{\"prompt\":\"" + "a".repeat(20_001) + "\"}", 400, "prompt", "The limit of prompt is 20000");
        refused("{\"prompt\":\"a\",\"max_tokens\":10001}", 400, "max_tokens", "The limit of max_tokens is 10000");
        refused(
                "{\"prompt\":\"a\",\"max_tokens\":0}",
                400,
                "max_tokens",
                "max_tokens must be a whole number between 1");
        refused("{\"prompt\":\"\\u4e16\"}", 400, "prompt", "");
        refused("{\"prompt\":\"\\ud800\"}", 400, "prompt", "");
        refused("{\"prompt\":\"a\",\"model\":\"gpt-4\"}", 404, "model", "model must be tinylm-babble");
        refused("{\"prompt\":\"a\",\"model\":\"\\ud800\"}", 404, "model", "model must be tinylm-babble");
        refused("{\"prompt\":\"a\",\"n\":2}", 400, "n", "n must be 1 ");
        refused("{\"prompt\":\"a\",\"best_of\":3}", 400, "best_of", "best_of must be 1 ");
        refused("{\"prompt\":\"a\",\"echo\":true,\"logprobs\":1}", 400, "echo", "echo must be false");
        refused("{\"prompt\":\"a\",\"suffix\":\"z\"}", 400, "suffix", "suffix must be empty");
        refused("{\"prompt\":\"a\",\"logit_bias\":{\"5\":1}}", 400, "logit_bias", "logit_bias must be an empty");
        refused("{\"prompt\":\"a\",\"presence_penalty\":0.5}", 400, "presence_penalty", "presence_penalty must be 0");
        refused("not json", 400, "", "A message must be a JSON object");
        refused("[]", 400, "", "A message must be a JSON object");
        refused("", 400, "", "A message must be a JSON object");
    }

    @Test
    void what_stock_clients_send_without_meaning_it_is_no_hindrance() {
        complete("{\"prompt\":\"a\",\"max_tokens\":1,\"n\":1,\"best_of\":null,\"suffix\":null,\"logit_bias\":{},"
                + "\"presence_penalty\":0,\"frequency_penalty\":0.0,\"user\":\"u\",\"stop\":null,\"logprobs\":null,"
                + "\"echo\":false,\"stream\":null,\"seed\":null,\"temperature\":null,\"stream_options\":null}");
    }

    private void refused(String body, int status, String param, String message) {
        var answer = api.post("/v1/completions", body);
        assertEquals(status, answer.status(), body);
        assertEquals("invalid_request_error", answer.error().get("type").asText());
        assertEquals(
                param.isEmpty() ? "null" : param, answer.error().get("param").asText(), body);
        var told = answer.error().get("message").asText();
        assertTrue(told.startsWith(message) && told.endsWith("."), told);
        assertFalse(told.contains("input"), told);
    }

    private JsonNode complete(String body) {
        var answer = api.post("/v1/completions", body);
        assertEquals(200, answer.status(), answer.response().body());
        return answer.json();
    }

    private static String joined(JsonNode texts) {
        return StreamSupport.stream(texts.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining());
    }

    private static String text(JsonNode body) {
        return body.get("choices").get(0).get("text").asText();
    }

    private static String text(List<JsonNode> events) {
        return events.stream()
                .filter(event -> !event.get("choices").isEmpty())
                .map(CompletionsTest::text)
                .collect(Collectors.joining());
    }
}
