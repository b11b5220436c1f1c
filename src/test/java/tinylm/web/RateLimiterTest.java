package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimiterTest {

    private final StoppedClock clock = new StoppedClock();
    private final RateLimiter limiter = new RateLimiter(6, clock);

    @Test
    void a_minutes_worth_may_come_at_once_and_then_one_for_each_part_of_a_minute() {
        takeAll("ann");
        assertEquals(Optional.of(Duration.ofSeconds(10)), limiter.take("ann"));
        clock.advance(Duration.ofSeconds(9));
        assertEquals(Optional.of(Duration.ofSeconds(1)), limiter.take("ann"));
        clock.advance(Duration.ofSeconds(1));
        assertEquals(Optional.empty(), limiter.take("ann"));
        assertEquals(Optional.of(Duration.ofSeconds(10)), limiter.take("ann"));
        clock.advance(Duration.ofHours(1));
        takeAll("ann");
        assertTrue(limiter.take("ann").isPresent());
    }

    @Test
    void one_subject_takes_nothing_from_another() {
        takeAll("ann");
        assertTrue(limiter.take("ann").isPresent());
        takeAll("bob");
    }

    @Test
    void looking_counts_nothing() {
        for (int i = 0; i < 100; i++) {
            assertEquals(Optional.empty(), limiter.look("ann"));
        }
        takeAll("ann");
        assertEquals(Optional.of(Duration.ofSeconds(10)), limiter.look("ann"));
    }

    @Test
    void a_flood_of_subjects_takes_bounded_memory_and_those_who_wait_go_on_waiting() {
        takeAll("ann");
        for (int i = 0; i < 30_000; i++) {
            limiter.take("other " + i);
        }
        assertTrue(limiter.subjects() <= 10_001, limiter.subjects() + " subjects");
        assertTrue(limiter.take("ann").isPresent());
        assertFalse(limiter.take("other 29999").isEmpty(), "those without a place share one");
        clock.advance(Duration.ofMinutes(1));
        assertEquals(Optional.empty(), limiter.take("one more"));
        assertTrue(limiter.subjects() < 100, limiter.subjects() + " subjects");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1, true",
        "127.9.9.9, 127.9.9.9, true",
        "::1, ::1, true",
        "0:0:0:0:0:0:0:1, 0:0:0:0:0:0:0:1, true",
        "203.0.113.7, 203.0.113.7, false",
        "2001:db8:1:2:3:4:5:6, 20010db800010002::/64, false",
        "2001:db8:1:2::, 20010db800010002::/64, false",
        "2001:db8:1:3::1, 20010db800010003::/64, false",
        "unknown, unknown, false",
        "localhost, localhost, false"
    })
    void a_peer_is_an_ipv4_address_or_a_network_of_ipv6(String host, String network, boolean thisMachine) {
        assertEquals(network, Peer.of(host).network());
        assertEquals(thisMachine, Peer.of(host).isThisMachine());
    }

    private void takeAll(String subject) {
        for (int i = 0; i < 6; i++) {
            assertEquals(Optional.empty(), limiter.take(subject));
        }
    }
}
