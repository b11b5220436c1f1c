package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tinylm.inference.Models;

/// `/q/metrics` after exchanges whose every character is known.
@QuarkusTest
@TestProfile(MetricsTest.FourSlotsAndNoQueue.class)
class MetricsTest {

    public static final class FourSlotsAndNoQueue implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("tinylm.slots", "4", "tinylm.queue-length", "0");
        }
    }

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    @Test
    void an_exchange_is_counted_to_the_character() {
        var before = read();
        try (var client = new SocketClient(server)) {
            client.create("\"input\":\"ROMEO:\",\"max_output_tokens\":30");
            client.rest();
        }
        var grown = grown(before);
        assertEquals(30, grown.get("tinylm_characters_total"));
        assertEquals(6, grown.get("tinylm_prompt_characters_total"));
        assertEquals(1, grown.get("tinylm_responses_total{finish_reason=\"length\"}"));
        assertEquals(1, grown.get("tinylm_time_to_first_character_seconds_count"));
        assertEquals(1, grown.get("tinylm_time_to_first_character_seconds_bucket{le=\"+Inf\"}"));
        assertEquals(29, grown.get("tinylm_time_between_characters_seconds_count"));
        assertEquals(null, grown.get("tinylm_responses_total{finish_reason=\"cancelled\"}"));
        assertEquals(null, grown.get("tinylm_characters_wasted_total"));
        assertEquals(4, before.get("tinylm_slots"));
        assertEquals(
                1,
                before.get(
                        "tinylm_process_info{pid=\"" + ProcessHandle.current().pid() + "\"}"));
    }

    @Test
    void a_cancel_and_a_resume_are_counted() {
        var before = read();
        try (var client = new SocketClient(server)) {
            client.send("{\"type\":\"response.create\",\"input\":\"KING:\",\"max_output_tokens\":10000}");
            var ticket = client.next().get("ticket").asText();
            client.send("{\"type\":\"response.cancel\"}");
            client.rest();
            client.send("{\"type\":\"response.resume\",\"starting_after\":0,\"ticket\":\"" + ticket + "\"}");
            client.send("{\"type\":\"response.cancel\"}");
            client.rest();
        }
        var grown = grown(before);
        assertEquals(2, grown.get("tinylm_responses_total{finish_reason=\"cancelled\"}"));
        assertEquals(1, grown.get("tinylm_resumes_total"));
        assertEquals(5, grown.get("tinylm_prompt_characters_total"));
    }

    @Test
    void what_runs_is_shown_and_whom_the_queue_refuses_is_counted() {
        var before = read();
        List<SocketClient> clients =
                IntStream.range(0, 5).mapToObj(_ -> new SocketClient(server)).toList();
        try {
            clients.subList(0, 4).forEach(client -> client.create("\"input\":\"a\",\"max_output_tokens\":10000"));
            clients.getLast().send("{\"type\":\"response.create\",\"input\":\"a\"}");
            assertEquals(
                    "queue_full",
                    clients.getLast().next().get("error").get("code").asText());
            Awaitility.await().until(() -> read().get("tinylm_sequences_running") == 4);
            Awaitility.await().until(() -> read().get("tinylm_connections") == 5); // those of other tests go
            assertEquals(0, read().get("tinylm_sequences_waiting"));
        } finally {
            clients.forEach(SocketClient::close);
        }
        assertEquals(1, grown(before).get("tinylm_queue_rejections_total"));
        Awaitility.await().until(() -> read().get("tinylm_connections") == 0);
    }

    @Test
    void what_was_computed_for_nobody_is_counted() {
        var registry = new SimpleMeterRegistry();
        var metrics = new EngineMetrics(registry);
        metrics.wasted(3);
        metrics.wasted(4);
        assertEquals(7, registry.get("tinylm.characters.wasted").counter().count());
    }

    /// What grew since, once nothing runs any more.
    private Map<String, Double> grown(Map<String, Double> before) {
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
        var after = read();
        after.replaceAll((name, value) -> value - before.getOrDefault(name, 0.0));
        after.values().removeIf(value -> value == 0);
        return after;
    }

    private static Map<String, Double> read() {
        var values = new HashMap<String, Double>();
        given().get("/q/metrics")
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .lines()
                .filter(line -> line.startsWith("tinylm_"))
                .forEach(line -> values.put(
                        line.substring(0, line.lastIndexOf(' ')),
                        Double.parseDouble(line.substring(line.lastIndexOf(' ')))));
        return values;
    }
}
