package tinylm.cli;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The packaged program with the shipped checkpoint, as a new user has it.
@EnabledOnOs({OS.LINUX, OS.MAC})
class PackagedIT {

    private static final String SHIPPED =
            Path.of("data/checkpoint").toAbsolutePath().toString();

    @TempDir
    private Path folder;

    @Test
    void serves_the_page_streams_a_completion_and_ends_cleanly_in_the_middle_of_one() throws Exception {
        var environment = Map.of("TINYLM_DRAIN", "5m"); // which sockets do not get
        try (var server = PackagedProcess.start(folder, environment, "serve", "--port", "0", "--checkpoint", SHIPPED)) {
            String line = server.await("tinylm is at http");
            var address = Pattern.compile("http://([0-9.]+:[0-9]+)").matcher(line);
            assertTrue(address.find(), line);
            given().baseUri(address.group()).get("/").then().statusCode(200).body(containsString("2,731,200"));

            BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
            WebSocket socket = connect(URI.create("ws://" + address.group(1) + "/v1/responses"), events);
            socket.sendText(
                    "{\"type\":\"response.create\",\"input\":\"ROMEO:\",\"max_output_tokens\":200,\"seed\":1}", true);
            assertEquals(200, streamed(events).length());

            socket.sendText("{\"type\":\"response.create\",\"input\":\"ROMEO:\",\"max_output_tokens\":10000}", true);
            while (!next(events).get("type").asText().equals("response.output_text.delta")) {}
            server.signal("TERM");
            server.secondsToEnd(Duration.ofSeconds(60));
            var reasons = events.stream()
                    .map(event ->
                            event.at("/response/incomplete_details/reason").asText());
            assertTrue(reasons.noneMatch("max_output_tokens"::equals), "the text was waited for");
            assertEquals(0, server.crashReports().size(), server.output());
            assertEquals(0, server.exitCode(), server.output());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TINYLM_TICKET_KEY|too short|The ticket key must have at least 32 bytes, but has 9.",
                "TINYLM_TICKET_LIFETIME|0s|tinylm.ticket-lifetime must be longer than 0 s, but is 0 ms",
                "TINYLM_LONGEST_STEP|-1s|tinylm.longest-step must be longer than 0 s, but is -1000 ms",
                "TINYLM_LIMITS_OUTPUT_TOKENS|0|limits must be at least 1 (stops: at least 0), but are 20000, 0, 4, 100",
                "TINYLM_LIMITS_KEPT_PROBABILITIES|0|tinylm.limits.kept-probabilities must be at least 1, but is 0",
                "TINYLM_THREADS|0|there must be at least one lane, but there are 0",
                "TINYLM_SLOTS|0|slots must be at least 1, but is 0"
            })
    void a_setting_that_makes_no_sense_stops_the_start_with_a_sentence(String name, String value, String sentence)
            throws Exception {
        var environment = Map.of(name, value);
        try (var server = PackagedProcess.start(folder, environment, "serve", "--port", "0", "--checkpoint", SHIPPED)) {
            server.secondsToEnd(Duration.ofSeconds(60));
            assertEquals(1, server.exitCode(), server.output());
            assertTrue(server.output().contains("tinylm: the server did not start: " + sentence), server.output());
        }
    }

    @Test
    void the_shipped_model_writes_the_same_text_for_the_same_seed() throws Exception {
        String[] arguments = {"generate", "--checkpoint", SHIPPED, "--tokens", "120", "--seed", "3"};
        String first = generate(arguments);
        assertTrue(first.startsWith("ROMEO:"), first);
        assertEquals(first, generate(arguments));
    }

    private String generate(String... arguments) throws Exception {
        try (var process = PackagedProcess.start(folder, arguments)) {
            process.secondsToEnd(Duration.ofSeconds(60));
            assertEquals(0, process.exitCode(), process.output());
            return process.lines().stream()
                    .filter(line -> !line.contains("a second, seed"))
                    .reduce("", (text, line) -> text + line + "\n");
        }
    }

    private static String streamed(BlockingQueue<JsonNode> events) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        while (true) {
            JsonNode event = next(events);
            switch (event.get("type").asText()) {
                case "response.output_text.delta" ->
                    text.append(event.get("delta").asText());
                case "response.incomplete" -> {
                    return text.toString();
                }
                case "error", "response.failed" -> throw new AssertionError(event.toString());
                default -> {}
            }
        }
    }

    private static JsonNode next(BlockingQueue<JsonNode> events) throws InterruptedException {
        JsonNode event = events.poll(30, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event for 30 seconds");
        }
        return event;
    }

    private static WebSocket connect(URI address, BlockingQueue<JsonNode> events) {
        return HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(address, new WebSocket.Listener() {
                    private final StringBuilder frame = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        frame.append(data);
                        if (last) {
                            try {
                                events.add(new ObjectMapper().readTree(frame.toString()));
                            } catch (JsonProcessingException e) {
                                throw new AssertionError(e);
                            }
                            frame.setLength(0);
                        }
                        socket.request(1);
                        return null;
                    }
                })
                .join();
    }
}
