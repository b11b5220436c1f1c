package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// `/v1/responses` over HTTP, of a server with a real, tiny model behind it.
@QuarkusTest
class ResponsesHttpTest {

    private static final String REQUEST = "{\"input\":\"MIRA:\",\"max_output_tokens\":300,\"seed\":7,\"temperature\":1";

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
    void a_response_comes_as_a_whole_with_its_text_usage_and_probabilities() {
        var body = ok(api.post("/v1/responses", REQUEST + ",\"top_logprobs\":2}"));
        assertEquals("response", body.get("object").asText());
        assertEquals("incomplete", body.get("status").asText());
        assertEquals(300, body.at("/usage/output_tokens").asInt());
        var part = body.at("/output/0/content/0");
        assertEquals(300, part.get("text").asText().length());
        assertEquals(300, part.get("logprobs").size());
        assertEquals(2, part.at("/logprobs/0/top_logprobs").size());
        assertEquals(
                0,
                ok(api.post("/v1/responses", REQUEST + "}"))
                        .at("/output/0/content/0/logprobs")
                        .size());
    }

    @Test
    void a_stream_has_the_events_and_numbers_of_the_socket() {
        var answer = api.post("/v1/responses", REQUEST + ",\"stream\":true}");
        assertTrue(answer.response()
                .headers()
                .firstValue("Content-Type")
                .orElse("")
                .startsWith("text/event-stream"));
        var events = answer.events();
        var names = answer.response()
                .body()
                .lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7))
                .toList();
        assertEquals(types(events), names);
        try (var socket = new SocketClient(server)) {
            socket.send("{\"type\":\"response.create\"," + REQUEST.substring(1) + "}");
            var frames = socket.rest();
            assertEquals(SocketClient.text(frames), SocketClient.text(events));
            assertEquals(withoutDeltas(frames), withoutDeltas(events));
            assertEquals(
                    frames.getLast().at("/response/usage"), events.getLast().at("/response/usage"));
        }
        long characters = 0;
        for (var event : events) {
            if (event.get("type").asText().equals("response.output_text.delta")) {
                characters += event.get("delta").asText().length();
                assertEquals(1000 + characters, event.get("sequence_number").asLong());
            }
        }
    }

    @Test
    void a_lost_stream_goes_on_from_any_of_its_events() {
        var events = api.post("/v1/responses", REQUEST + ",\"stream\":true}").events();
        var whole = SocketClient.text(events);
        for (int i = 0; i < events.size(); i += 3) {
            var resumed = resume(events, events.get(i).get("sequence_number").asLong());
            assertEquals(whole, SocketClient.text(events.subList(0, i + 1)) + SocketClient.text(resumed));
            assertEquals(
                    events.getLast().get("sequence_number"), resumed.getLast().get("sequence_number"));
        }
        var body = ok(api.get(address(events)));
        assertEquals(whole, body.at("/output/0/content/0/text").asText());
        assertEquals(events.getFirst().at("/response/id"), body.get("id"));
    }

    @Test
    void nothing_is_stored_and_only_the_right_ticket_opens() {
        refused(api.get("/v1/responses/resp_1?stream=true"), 404, "ticket", "No response is stored here");
        refused(api.get("/v1/responses/resp_1?ticket=x"), 400, "ticket", "The ticket must be one that this server");
        var events = api.post("/v1/responses", "{\"input\":\"a\",\"max_output_tokens\":3,\"stream\":true}")
                .events();
        var other = address(events).replaceFirst("resp_[^?]*", "resp_other");
        refused(api.get(other), 404, "ticket", "The ticket is of another response.");
        refused(api.get(other + "&stream=true"), 404, "ticket", "The ticket is of another response.");
        refused(api.get(address(events) + "&starting_after=-1"), 400, "starting_after", "starting_after must be");
        refused(api.get(address(events) + "&starting_after=1e3"), 400, "starting_after", "starting_after must be");
        refused(api.get(address(events) + "&starting_after=5000"), 400, "starting_after", "starting_after must be");
        refused(api.get(address(events) + "&stream=yes"), 400, "stream", "stream must be true or false");
    }

    @Test
    void the_ticket_of_the_longest_prompt_fits_into_an_address() {
        var events = api.post(
                        "/v1/responses",
                        "{\"input\":\"" + "a".repeat(20_000) + "\",\"max_output_tokens\":20,\"stream\":true}")
                .events();
        assertEquals(SocketClient.text(events), SocketClient.text(resume(events, 0)));
    }

    @Test
    void refusals_name_their_field() {
        refused(api.post("/v1/responses", "{}"), 400, "input", "input must be there");
        refused(api.post("/v1/responses", "{\"input\":[]}"), 400, "input", "input must be a string, but is a list.");
        refused(
                api.post("/v1/responses", "{\"input\":\"a\",\"previous_response_id\":\"resp_1\"}"),
                400,
                "previous_response_id",
                "previous_response_id must be absent");
        refused(api.post("/v1/responses", "{\"input\":\"a\",\"model\":\"o\"}"), 404, "model", "model must be tinylm-");
        refused(api.post("/v1/responses", "{\"input\":\"\",\"stream\":true}"), 400, "input", "input must have at");
    }

    @Test
    void a_client_that_goes_away_frees_its_slot() throws IOException {
        try (var stream = api.open("/v1/responses", "{\"input\":\"a\",\"max_output_tokens\":10000,\"stream\":true}");
                var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            assertEquals("event: response.created", lines.readLine());
            assertEquals(1, models.current().engine().unfinished());
        }
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    private List<JsonNode> resume(List<JsonNode> events, long startingAfter) {
        var answer = api.get(address(events) + "&stream=true&starting_after=" + startingAfter);
        assertEquals(200, answer.status(), answer.response().body());
        assertFalse(types(answer.events()).contains("response.created"));
        return answer.events();
    }

    private static String address(List<JsonNode> events) {
        var created = events.getFirst();
        return "/v1/responses/" + created.at("/response/id").asText() + "?ticket="
                + created.get("ticket").asText();
    }

    private static JsonNode ok(HttpApi.Answer answer) {
        assertEquals(200, answer.status(), answer.response().body());
        return answer.json();
    }

    private static void refused(HttpApi.Answer answer, int status, String param, String message) {
        assertEquals(status, answer.status(), answer.response().body());
        assertEquals(param, answer.error().get("param").asText());
        assertTrue(
                answer.error().get("message").asText().startsWith(message),
                answer.error().toString());
    }

    private static List<String> types(List<JsonNode> events) {
        return events.stream().map(event -> event.get("type").asText()).toList();
    }

    private static List<String> withoutDeltas(List<JsonNode> events) {
        return events.stream()
                .filter(event -> !event.get("type").asText().equals("response.output_text.delta"))
                .map(event -> event.get("type").asText() + " " + event.get("sequence_number"))
                .toList();
    }
}
