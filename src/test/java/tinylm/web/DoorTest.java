package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DoorTest {

    private static final Map<String, String> NOTHING = Map.of();
    private static final Map<String, String> A_KEY =
            Map.of("tinylm.keys.ann.role", "admin", "tinylm.keys.ann.secret", "a secret for tests");

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
    void a_server_without_keys_does_not_listen_beyond_this_machine_unless_told(String host) {
        var thrown = assertThrows(IllegalArgumentException.class, () -> new Door(config(NOTHING), host));
        assertTrue(thrown.getMessage().startsWith(host + " lets other machines in, and nobody has to sign in"));
        assertTrue(thrown.getMessage().contains("--insecure"));
        assertDoesNotThrow(() -> new Door(config(Map.of("tinylm.insecure", "true")), host));
        assertDoesNotThrow(() -> new Door(config(A_KEY), host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost", "::1", "127.1.2.3"})
    void this_machine_needs_no_keys(String host) {
        assertTrue(new Door(config(NOTHING), host).keys().areNone());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tinylm.session-key|too short|tinylm.session-key must have at least 32 characters, but has 9",
                "tinylm.session-lifetime|0s|tinylm.session-lifetime must be at least a second, but is 0 ms",
                "tinylm.limits.requests-per-key|0|tinylm.limits.requests-per-key must be at least 1, but is 0",
                "tinylm.limits.requests-per-address|-1|tinylm.limits.requests-per-address must be at least 1, but is -1",
                "tinylm.limits.connections-per-address|0|tinylm.limits.connections-per-address must be at least 1, but is 0",
                "tinylm.limits.failed-sign-ins|0|tinylm.limits.failed-sign-ins must be at least 1, but is 0",
                "tinylm.limits.idle-time|0s|tinylm.limits.idle-time (ms) must be at least 1, but is 0",
                "tinylm.limits.frame-size|0|tinylm.limits.frame-size must be at least 1, but is 0"
            })
    void a_setting_that_makes_no_sense_stops_the_start_with_a_sentence(String name, String value, String sentence) {
        var thrown =
                assertThrows(IllegalArgumentException.class, () -> new Door(config(Map.of(name, value)), "localhost"));
        assertEquals(sentence, thrown.getMessage());
    }

    private static DoorConfig config(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withConverter(Duration.class, 300, new DurationConverter())
                .withMapping(DoorConfig.class)
                .withDefaultValues(values)
                .build()
                .getConfigMapping(DoorConfig.class);
    }
}
