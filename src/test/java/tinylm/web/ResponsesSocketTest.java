package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// The socket of a server with a real, tiny model behind it.
@QuarkusTest
class ResponsesSocketTest {

    private static final String LONG = "\"input\":\"ROMEO:\",\"max_output_tokens\":10000";

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    private SocketClient client;

    @BeforeEach
    void connect() {
        client = new SocketClient(server);
    }

    @AfterEach
    void disconnect() {
        client.close();
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @Test
    void a_response_is_created_streamed_and_ended_in_openais_events() {
        client.send("{\"type\":\"response.create\",\"input\":\"ROMEO:\",\"max_output_tokens\":300,\"seed\":7}");
        var frames = client.rest();
        assertEquals(
                List.of(
                        "response.created 0",
                        "response.in_progress 1",
                        "response.output_item.added 2",
                        "response.content_part.added 3"),
                numbered(frames).subList(0, 4));
        var soFar = new StringBuilder();
        for (var delta : frames.subList(4, frames.size() - 4)) {
            assertEquals("response.output_text.delta", delta.get("type").asText());
            soFar.append(delta.get("delta").asText());
            assertEquals(1_000 + soFar.length(), delta.get("sequence_number").asLong());
        }
        assertEquals(
                List.of(
                        "response.output_text.done 1301",
                        "response.content_part.done 1302",
                        "response.output_item.done 1303",
                        "response.incomplete 1304"),
                numbered(frames).subList(frames.size() - 4, frames.size()));
        assertFalse(frames.getFirst().get("ticket").asText().isEmpty());
        var created = frames.getFirst().get("response");
        assertTrue(created.get("id").asText().startsWith("resp_"));
        assertEquals("in_progress", created.get("status").asText());
        assertEquals("tinylm-babble", created.get("model").asText());
        assertEquals(7, created.get("seed").asLong());
        assertEquals(0.8, created.get("temperature").asDouble());
        assertEquals(40, created.get("top_k").asInt());
        assertEquals(300, created.get("max_output_tokens").asInt());
        assertFalse(created.has("usage"));
        var text = frames.get(frames.size() - 4).get("text").asText();
        assertEquals(300, text.length());
        assertEquals(text, SocketClient.text(frames));
        var ended = frames.getLast().get("response");
        assertEquals(
                text,
                ended.get("output").get(0).get("content").get(0).get("text").asText());
        assertEquals("incomplete", ended.get("status").asText());
        assertEquals(
                "max_output_tokens",
                ended.get("incomplete_details").get("reason").asText());
        assertEquals(6, ended.get("usage").get("input_tokens").asInt());
        assertEquals(300, ended.get("usage").get("output_tokens").asInt());
        assertEquals(306, ended.get("usage").get("total_tokens").asInt());
        assertTrue(ended.get("tokens_per_second").asDouble() > 0);
    }

    @Test
    void the_same_seed_gives_the_same_text_on_another_connection_and_a_chosen_seed_is_told() {
        client.send("{\"type\":\"response.create\",\"input\":\"KING:\",\"max_output_tokens\":200}");
        var frames = client.rest();
        long seed = frames.getFirst().get("response").get("seed").asLong();
        try (var other = new SocketClient(server)) {
            other.create("\"input\":\"KING:\",\"max_output_tokens\":200,\"seed\":" + seed);
            assertEquals(SocketClient.text(frames), SocketClient.text(other.rest()));
        }
    }

    @Test
    void two_people_at_once_both_stream() {
        try (var other = new SocketClient(server)) {
            client.create(LONG);
            other.create(LONG);
            for (int i = 0; i < 3; i++) {
                Stream.of(client, other).forEach(SocketClient::next);
            }
            assertEquals(2, models.current().engine().unfinished());
        }
    }

    @Test
    void a_cancelled_response_ends_as_cancelled_and_the_socket_is_free_for_the_next() {
        var id = client.create(LONG);
        client.next();
        client.next();
        client.send("{\"type\":\"response.cancel\",\"response_id\":\"" + id + "\"}");
        var last = client.rest().getLast();
        assertEquals("response.incomplete", last.get("type").asText());
        assertEquals("cancelled", last.get("response").get("status").asText());
        assertEquals(
                "cancelled",
                last.get("response").get("incomplete_details").get("reason").asText());
        client.create("\"input\":\"ROMEO:\",\"max_output_tokens\":5");
        assertEquals(5, SocketClient.text(client.rest()).length());
    }

    @Test
    void a_cancel_sent_right_behind_its_create_is_not_lost() {
        for (int i = 0; i < 20; i++) {
            client.send("{\"type\":\"response.create\"," + LONG + "}");
            client.send("{\"type\":\"response.cancel\"}");
            assertEquals(
                    "cancelled",
                    client.rest().getLast().get("response").get("status").asText());
        }
    }

    @Test
    void a_cancel_when_nothing_runs_is_no_error() {
        client.send("{\"type\":\"response.cancel\"}");
        client.send("{\"type\":\"response.cancel\",\"response_id\":\"resp_none\"}");
        client.create("\"input\":\"ROMEO:\",\"max_output_tokens\":5");
        assertEquals("response.incomplete", client.rest().getLast().get("type").asText());
    }

    @Test
    void a_stop_string_completes_the_response_and_is_not_in_the_text() {
        client.create("\"input\":\"ROMEO:\",\"max_output_tokens\":200,\"seed\":3");
        var whole = SocketClient.text(client.rest());
        var stop = whole.substring(50, 53);
        client.create(
                "\"input\":\"ROMEO:\",\"max_output_tokens\":200,\"seed\":3,\"stop\":[" + TextNode.valueOf(stop) + "]");
        var frames = client.rest();
        assertEquals("response.completed", frames.getLast().get("type").asText());
        assertEquals("completed", frames.getLast().get("response").get("status").asText());
        assertEquals(whole.substring(0, whole.indexOf(stop)), SocketClient.text(frames));
    }

    @Test
    void a_closed_socket_frees_its_slot_whether_it_said_goodbye_or_not() {
        client.create(LONG);
        client.next();
        client.close();
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
        client = new SocketClient(server);
        client.create(LONG);
        client.socket().sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @Test
    void a_response_is_continued_from_the_cache() {
        client.create("\"input\":\"ROMEO:\",\"max_output_tokens\":26,\"temperature\":0");
        var whole = SocketClient.text(client.rest());
        var id = client.create("\"input\":\"ROMEO:\",\"max_output_tokens\":10,\"temperature\":0");
        var first = SocketClient.text(client.rest());
        client.create(
                "\"input\":\"\",\"max_output_tokens\":16,\"temperature\":0,\"previous_response_id\":\"" + id + "\"");
        var frames = client.rest();
        assertEquals(whole, first + SocketClient.text(frames));
        var usage = frames.getLast().get("response").get("usage");
        assertEquals(16, usage.get("input_tokens").asInt());
        assertEquals(15, usage.get("input_tokens_details").get("cached_tokens").asInt());
    }

    @Test
    void a_second_create_meanwhile_is_an_error_and_the_first_goes_on() {
        client.create(LONG);
        client.send("{\"type\":\"response.create\",\"input\":\"a\"}");
        var error = client.next("error");
        assertEquals("response_in_progress", error.get("error").get("code").asText());
        client.next("response.output_text.delta");
    }

    @Test
    void bad_input_is_answered_by_an_error_and_the_socket_stays_open() {
        error("not json", "", "invalid_value");
        error("[1,2]", "", "invalid_value");
        error("{}", "type", "invalid_value");
        error("{\"type\":\"response.delete\"}", "type", "invalid_value");
        error("{\"type\":\"response.create\",\"input\":null}", "input", "invalid_value");
        error("{\"type\":\"response.create\",\"input\":\"a\",\"temperature\":1e308}", "temperature", "invalid_value");
        error("{\"type\":\"response.create\",\"input\":\"a\",\"temperature\":NaN}", "", "invalid_value");
        error("{\"type\":\"response.create\",\"input\":\"a\",\"top_k\":2147483648}", "top_k", "invalid_value");
        error("{\"type\":\"response.create\",\"input\":\"a\",\"stop\":{}}", "stop", "invalid_value");
        error(
                "{\"type\":\"response.create\",\"input\":\"a\",\"max_output_tokens\":10001}",
                "max_output_tokens",
                "invalid_value");
        error("{\"type\":\"response.create\",\"input\":\"caf\u00e9 \u4e16\"}", "input", "unknown_characters");
        error("{\"type\":\"response.create\",\"input\":\"" + "a".repeat(20_001) + "\"}", "input", "prompt_too_long");
        error("{\"type\":\"response.create\",\"input\":\"\"}", "input", "empty_input");
        error(
                "{\"type\":\"response.create\",\"input\":\"a\",\"previous_response_id\":\"resp_x\"}",
                "previous_response_id",
                "unknown_response");
        client.create("\"input\":\"" + "a".repeat(20_000) + "\",\"max_output_tokens\":5");
        assertEquals(5, SocketClient.text(client.rest()).length());
    }

    @Test
    void a_binary_or_far_too_long_frame_harms_nobody_else() {
        try (var other = new SocketClient(server);
                var third = new SocketClient(server)) {
            other.create(LONG);
            third.create(LONG);
            client.create(LONG);
            client.socket().sendBinary(ByteBuffer.allocate(10), true).join();
            assertEquals(1003, client.awaitClosed());
            third.socket().sendText("x".repeat(300_000), true);
            assertEquals(1009, third.awaitClosed());
            for (int i = 0; i < 5; i++) {
                other.next();
            }
        }
    }

    @Test
    void only_our_own_pages_and_programs_may_open_a_socket() {
        for (var foreign :
                List.of("http://evil.example", "null", "http://localhost:1", "https://" + server.getAuthority())) {
            var thrown = assertThrows(
                    CompletionException.class, () -> new SocketClient(server, "Origin", foreign).close(), foreign);
            var refused = assertInstanceOf(WebSocketHandshakeException.class, thrown.getCause(), foreign);
            assertEquals(403, refused.getResponse().statusCode(), foreign);
        }
        try (var own = new SocketClient(server, "Origin", "http://" + server.getAuthority())) {
            own.create("\"input\":\"a\",\"max_output_tokens\":1");
        }
    }

    private void error(String frame, String param, String code) {
        client.send(frame);
        var error = client.next();
        assertEquals("error", error.get("type").asText(), frame);
        assertTrue(error.get("sequence_number").isIntegralNumber());
        assertEquals("invalid_request_error", error.get("error").get("type").asText());
        assertEquals(code, error.get("error").get("code").asText(), frame);
        assertEquals(
                param.isEmpty() ? "null" : param,
                error.get("error").get("param").asText(),
                frame);
        assertTrue(error.get("error").get("message").asText().matches("(?s)[A-Za-z].*\\."), error.toString());
    }

    private static List<String> numbered(List<JsonNode> frames) {
        return frames.stream()
                .map(frame -> frame.get("type").asText() + " "
                        + frame.get("sequence_number").asLong())
                .toList();
    }
}
