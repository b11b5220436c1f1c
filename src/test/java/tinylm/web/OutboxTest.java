package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class OutboxTest {

    private final List<String> sent = new ArrayList<>();
    private final List<CompletableFuture<Void>> sends = new ArrayList<>();
    private int givenUp;
    private final Outbox outbox = new Outbox(this::send, 10, () -> givenUp++);

    @Test
    void frames_go_out_one_after_the_other_in_order() {
        outbox.add("a");
        outbox.add("b");
        outbox.add("c");
        assertEquals(List.of("a"), sent);
        assertTrue(outbox.isBehind());
        sends.get(0).complete(null);
        sends.get(1).complete(null);
        assertEquals(List.of("a", "b", "c"), sent);
        sends.get(2).complete(null);
        assertFalse(outbox.isBehind());
    }

    @Test
    void a_reader_that_falls_too_far_behind_is_given_up_once_and_gets_nothing_more() {
        outbox.add("1234567");
        outbox.add("890");
        assertEquals(0, givenUp);
        outbox.add("x");
        outbox.add("y");
        assertEquals(1, givenUp);
        sends.getFirst().complete(null);
        assertEquals(List.of("1234567"), sent);
    }

    @Test
    void what_was_read_makes_room_again() {
        for (int i = 0; i < 100; i++) {
            outbox.add("12345678");
            sends.getLast().complete(null);
        }
        assertEquals(100, sent.size());
        assertEquals(0, givenUp);
    }

    @Test
    void a_failed_send_does_not_hold_up_the_next() {
        outbox.add("a");
        outbox.add("b");
        sends.getFirst().completeExceptionally(new IllegalStateException("gone"));
        assertEquals(List.of("a", "b"), sent);
    }

    @Test
    void after_closing_nothing_is_sent() {
        outbox.add("a");
        outbox.add("b");
        outbox.close();
        sends.getFirst().complete(null);
        outbox.add("c");
        assertEquals(List.of("a"), sent);
    }

    @Test
    void sends_that_complete_at_once_do_not_deepen_the_stack() {
        var first = new CompletableFuture<Void>();
        var count = new int[1];
        var many = new Outbox(
                frame -> count[0]++ == 0 ? first : CompletableFuture.completedFuture(null), 1_000_000, () -> givenUp++);
        for (int i = 0; i < 100_000; i++) {
            many.add("x");
        }
        first.complete(null);
        assertEquals(100_000, count[0]);
    }

    private CompletionStage<Void> send(String frame) {
        sent.add(frame);
        sends.add(new CompletableFuture<>());
        return sends.getLast();
    }
}
