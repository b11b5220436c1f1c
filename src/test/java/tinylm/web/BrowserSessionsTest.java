package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BrowserSessionsTest {

    private static final Key ANN = new Key("ann", Role.WRITER, "a1".repeat(32));
    private static final Key BOB = new Key("bob", Role.ADMIN, "b2".repeat(32));
    private static final byte[] SIGNING_KEY = "a signing key for tests alone, 32+".getBytes();

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void a_token_stands_for_its_key_until_it_expires() {
        var sessions = sessions(SIGNING_KEY, ANN, BOB);
        var token = sessions.begin(ANN);
        var expires = now.plus(Duration.ofHours(1));
        assertEquals(Optional.of(new BrowserSessions.Open(ANN, expires)), sessions.resume(token));
        now = expires.minusSeconds(2);
        assertTrue(sessions.resume(token).isPresent());
        now = expires;
        assertEquals(Optional.empty(), sessions.resume(token));
    }

    @Test
    void a_replica_with_the_same_signing_key_knows_it_and_one_with_another_does_not() {
        var token = sessions(SIGNING_KEY, ANN).begin(ANN);
        assertTrue(sessions(SIGNING_KEY, ANN).resume(token).isPresent());
        assertFalse(sessions("another key".getBytes(), ANN).resume(token).isPresent());
    }

    @Test
    void a_key_that_was_changed_or_removed_ends_its_sessions() {
        var token = sessions(SIGNING_KEY, ANN).begin(ANN);
        assertFalse(sessions(SIGNING_KEY, new Key("ann", Role.WRITER, "c3".repeat(32)))
                .resume(token)
                .isPresent());
        assertFalse(sessions(SIGNING_KEY, BOB).resume(token).isPresent());
    }

    @Test
    void no_character_of_a_token_can_be_changed() {
        var sessions = sessions(SIGNING_KEY, ANN, BOB);
        var token = sessions.begin(ANN);
        for (int i = 0; i < token.length() - 1; i++) { // the last one has bits that stand for nothing
            for (char other : "ABCxyz019.-_ \u0000\u20ac".toCharArray()) {
                if (token.charAt(i) != other) {
                    var tampered = token.substring(0, i) + other + token.substring(i + 1);
                    assertEquals(Optional.empty(), sessions.resume(tampered), tampered);
                }
            }
            assertEquals(Optional.empty(), sessions.resume(token.substring(0, i)));
        }
    }

    @Test
    void garbage_is_no_token() {
        var sessions = sessions(SIGNING_KEY, ANN);
        for (int seed = 0; seed < 10_000; seed++) {
            var random = new Random(seed);
            var garbage = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                garbage.append("ab0..=-\u20ac~9".charAt(random.nextInt(10)));
            }
            assertEquals(Optional.empty(), sessions.resume(garbage.toString()), "seed " + seed);
        }
    }

    @Test
    void a_lifetime_below_a_second_is_refused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new BrowserSessions(new Keys(List.of()), SIGNING_KEY, Duration.ZERO, () -> now));
    }

    private BrowserSessions sessions(byte[] signingKey, Key... keys) {
        return new BrowserSessions(new Keys(List.of(keys)), signingKey, Duration.ofHours(1), () -> now);
    }
}
