package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// A server in a process of its own, watched and stopped as an operator does it.
@EnabledOnOs({OS.LINUX, OS.MAC})
class OperationsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROMPT = "Quilted zebras yawn:";

    @TempDir
    private Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void a_stopped_server_sends_sockets_away_lets_streams_end_and_never_logs_a_text() throws Exception {
        Files.createDirectory(folder.resolve("config"));
        Files.writeString(
                folder.resolve("config/application.properties"),
                "quarkus.log.console.json.enabled=true\ntinylm.drain=5m\n");
        String checkpoint = Path.of("data/checkpoint").toAbsolutePath().toString();
        try (var server = PackagedProcess.start(folder, "serve", "--port", "0", "--checkpoint", checkpoint)) {
            var address = Pattern.compile("http://([0-9.]+:[0-9]+)").matcher(server.await("tinylm is at http"));
            assertTrue(address.find());
            URI url = URI.create(address.group());

            var whole = JSON.readTree(
                    post(url, 100, false, HttpResponse.BodyHandlers.ofString()).body());
            String text = whole.get("choices").get(0).get("text").asText();
            assertEquals(100, text.length());

            var closed = new CompletableFuture<String>();
            WebSocket socket = socket(url, closed);
            socket.sendText(
                            "{\"type\":\"response.create\",\"input\":\"" + PROMPT + "\",\"max_output_tokens\":10000}",
                            true)
                    .join();
            var stream = post(url, 10_000, true, HttpResponse.BodyHandlers.ofLines());
            assertEquals(200, stream.statusCode());
            var lines = stream.body().iterator();
            var streamed = new StringBuilder(delta(lines.next()));

            server.signal("TERM");
            String goodbye = closed.get(30, TimeUnit.SECONDS);
            assertTrue(goodbye.matches("1012 Service restart; retry after [0-9]{3,4} ms"), goodbye);
            assertEquals(503, get(url, "/q/health/ready").statusCode());
            assertEquals(200, get(url, "/q/health/live").statusCode());
            var refused = get(url, "/v1/models");
            assertEquals(503, refused.statusCode());
            assertEquals(
                    "shutting_down",
                    JSON.readTree(refused.body()).get("error").get("code").asText());
            assertEquals(List.of("2"), refused.headers().allValues("Retry-After"));

            lines.forEachRemaining(line -> streamed.append(delta(line)));
            assertEquals(10_000, streamed.length());
            assertTrue(streamed.toString().startsWith(text));
            server.secondsToEnd(Duration.ofSeconds(30));
            assertEquals(0, server.exitCode(), server.output());
            assertEquals(0, server.crashReports().size(), server.output());
            check(server.lines(), text);
        }
    }

    private static void check(List<String> log, String text) throws Exception {
        int noted = 0;
        for (String line : log) {
            JsonNode entry = JSON.readTree(line);
            assertNotEquals("ERROR", entry.get("level").asText(), line);
            assertFalse(line.contains("uilted zebras"), line);
            assertFalse(
                    entry.toString()
                            .contains(JSON.writeValueAsString(text.substring(20, 50))
                                    .replace("\"", "")),
                    line);
            if (entry.get("loggerName").asText().endsWith("ResponseLog")) {
                noted++;
                JsonNode fields = entry.get("mdc");
                assertTrue(fields.get("response").asText().startsWith("resp_"), line);
                assertTrue(fields.get("state").asText().matches("length|cancelled"), line);
                assertEquals(PROMPT.length(), fields.get("input_characters").asInt(), line);
                assertEquals("127.0.0.1", fields.get("address").asText().replaceFirst(":\\d+$", ""), line);
                assertEquals("everybody", fields.get("key").asText(), line);
                assertTrue(
                        fields.get("took_ms").asLong()
                                >= fields.get("waited_ms").asLong(),
                        line);
            }
        }
        assertEquals(3, noted, String.join("\n", log));
    }

    private <T> HttpResponse<T> post(URI url, int tokens, boolean stream, HttpResponse.BodyHandler<T> body)
            throws Exception {
        String request =
                "{\"prompt\":\"%s\",\"max_tokens\":%d,\"seed\":5,\"stream\":%s}".formatted(PROMPT, tokens, stream);
        return http.send(
                HttpRequest.newBuilder(url.resolve("/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(request))
                        .build(),
                body);
    }

    private HttpResponse<String> get(URI url, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(url.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /// The characters that a line of a stream brings.
    private static String delta(String line) {
        if (!line.startsWith("data: {")) {
            return "";
        }
        try {
            JsonNode choices = JSON.readTree(line.substring("data: ".length())).get("choices");
            return choices.isEmpty() ? "" : choices.get(0).get("text").asText();
        } catch (JsonProcessingException e) {
            throw new AssertionError(line, e);
        }
    }

    private WebSocket socket(URI url, CompletableFuture<String> closed) {
        return http.newWebSocketBuilder()
                .buildAsync(URI.create("ws://" + url.getAuthority() + "/v1/responses"), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
                        closed.complete(status + " " + reason);
                        return null;
                    }
                })
                .join();
    }
}
