package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// A server whose eight slots are taken and where nobody may wait, and one whose readers do not read.
@QuarkusTest
@TestProfile(BusyServerTest.NobodyWaits.class)
class BusyServerTest {

    private static final String LONG = "{\"prompt\":\"MIRA:\",\"max_tokens\":10000,\"stream\":true}";
    private static final Duration BODY_TIME = Duration.ofSeconds(1);

    /// `slots` is 8, as everywhere in tests.
    public static class NobodyWaits implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "tinylm.queue-length",
                    "0",
                    "tinylm.limits.kept-probabilities",
                    "1000",
                    "tinylm.limits.body-time",
                    BODY_TIME.toMillis() + "ms");
        }
    }

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    @Test
    void one_too_many_is_told_to_come_back_and_may_when_another_has_gone() throws IOException {
        var streams = new ArrayList<InputStream>();
        try (var api = new HttpApi(server)) {
            for (int i = 0; i < 8; i++) {
                streams.add(api.open("/v1/completions", LONG));
            }
            for (var wish : List.of("completions {\"prompt\":\"a\"", "responses {\"input\":\"a\"")) {
                for (var stream : List.of("true", "false")) {
                    var words = wish.split(" ");
                    var refused = api.post("/v1/" + words[0], words[1] + ",\"stream\":" + stream + "}");
                    assertEquals(429, refused.status(), refused.response().body());
                    assertEquals("rate_limit_error", refused.error().get("type").asText());
                    assertEquals("queue_full", refused.error().get("code").asText());
                    assertTrue(refused.error().get("message").asText().contains("at most 8"));
                    assertTrue(Integer.parseInt(refused.response()
                                    .headers()
                                    .firstValue("Retry-After")
                                    .orElse("0"))
                            > 0);
                }
            }
            streams.getFirst().close();
            Awaitility.await().until(() -> models.current().engine().unfinished() < 8);
            assertEquals(
                    200,
                    api.post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":1}")
                            .status());
        } finally {
            for (var stream : streams) {
                stream.close();
            }
        }
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @Test
    void probabilities_are_kept_for_a_whole_answer_as_far_as_there_is_room() {
        try (var api = new HttpApi(server)) {
            for (var wish : List.of(
                    "completions {\"prompt\":\"a\",\"max_tokens\":48,\"logprobs\":20",
                    "responses {\"input\":\"a\",\"max_output_tokens\":48,\"top_logprobs\":20")) {
                var words = wish.split(" ");
                var refused = api.post("/v1/" + words[0], words[1] + "}");
                assertEquals(429, refused.status(), refused.response().body());
                assertEquals(
                        "too_many_probabilities", refused.error().get("code").asText());
                assertTrue(refused.error()
                        .get("message")
                        .asText()
                        .startsWith("This answer may have 1008 probabilities, and all that are kept at once are 1000"));
                assertEquals(
                        200,
                        api.post("/v1/" + words[0], words[1] + ",\"stream\":true}")
                                .status());
                for (int i = 0; i < 3; i++) { // what one answer had is there for the next
                    var answered = api.post("/v1/" + words[0], words[1].replace("48", "47") + "}");
                    assertEquals(200, answered.status(), answered.response().body());
                }
            }
            double cancelled = cancelled(api);
            var refused = api.post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":10000,\"logprobs\":20}");
            assertEquals(429, refused.status(), refused.response().body());
            Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
            assertEquals(cancelled + 1, cancelled(api), "who was refused is computed no further");
        }
    }

    private static double cancelled(HttpApi api) {
        return api.get("/q/metrics")
                .response()
                .body()
                .lines()
                .filter(line -> line.startsWith("tinylm_responses_total{finish_reason=\"cancelled\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    @Test
    void a_reader_that_does_not_read_is_cut_off_and_others_go_on() throws IOException {
        try (var stalled = new Socket();
                var api = new HttpApi(server)) {
            stalled.setReceiveBufferSize(4_096);
            stalled.connect(new InetSocketAddress(server.getHost(), server.getPort()));
            var body = LONG.replace("}", ",\"logprobs\":20}");
            stalled.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> models.current().engine().unfinished() == 1);
            assertEquals(
                    200,
                    api.post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":50}")
                            .status());
            Awaitility.await()
                    .atMost(Duration.ofMinutes(3))
                    .until(() -> models.current().engine().unfinished() == 0);
            var arrived = new String(readAll(stalled), StandardCharsets.UTF_8);
            assertTrue(arrived.startsWith("HTTP/1.1 200 OK"), arrived);
            assertFalse(arrived.contains("[DONE]"));
            assertFalse(arrived.endsWith("0\r\n\r\n"));
        }
    }

    /// Of so many characters, more than the server reads at once at first.
    @Test
    void a_body_that_comes_in_pieces_has_its_time_and_the_answer_has_all_it_needs() throws IOException {
        var body = LONG.replace("MIRA:", "a".repeat(19_000));
        long began = System.nanoTime();
        var sockets = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 8; i++) { // so that none has ended before the time for bodies has
                var socket = new Socket(server.getHost(), server.getPort());
                sockets.add(socket);
                socket.getOutputStream().write(head(body.length()));
                send(socket, body);
            }
            for (var socket : sockets) {
                var arrived = new String(readAll(socket), StandardCharsets.UTF_8);
                assertTrue(arrived.startsWith("HTTP/1.1 200 OK"), arrived);
                assertTrue(arrived.contains("[DONE]"), () -> arrived.substring(Math.max(0, arrived.length() - 500)));
            }
            assertTrue(System.nanoTime() - began > BODY_TIME.toNanos(), "the answers were too fast to be cut off");
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void a_body_that_does_not_arrive_is_cut_off() throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(head(LONG.length()));
            send(socket, LONG.substring(1));
            assertEquals(0, readAll(socket).length);
        }
    }

    private static byte[] head(int length) {
        return ("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /// What had been sent before the connection ended, as well as it can be had.
    private static byte[] readAll(Socket socket) throws IOException {
        var arrived = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(arrived);
        } catch (SocketException e) {
            assertTrue(e.getMessage().contains("reset"), e.getMessage());
        }
        return arrived.toByteArray();
    }
}
