package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import tinylm.inference.Lanes.Cut;

class LanesTest {

    @Test
    void each_slot_is_in_one_piece_and_there_are_no_more_pieces_than_lanes() {
        for (int count = 1; count <= 5; count++) {
            for (int slots = 0; slots <= 256; slots++) {
                for (var prefills : List.of(List.<Integer>of(), List.of(160), List.of(32, 160, 90), List.of(9_999))) {
                    var cuts = new Lanes(count).cut(slots, prefills);
                    assertTrue(cuts.size() <= count);
                    int to = 0;
                    int size = 1;
                    for (Cut cut : cuts) {
                        assertEquals(to, cut.from());
                        assertTrue(cut.to() - to >= size, cuts + " of " + slots);
                        size = cut.to() - to;
                        to = cut.to();
                    }
                    assertEquals(slots, to);
                }
            }
        }
    }

    @Test
    void the_others_have_ended_when_a_piece_failed() {
        var hasEnded = new AtomicBoolean();
        Supplier<Integer> failing = () -> {
            throw new AssertionError("as it should");
        };
        Supplier<Integer> slow = () -> {
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            hasEnded.set(true);
            return 1;
        };
        assertThrows(CompletionException.class, () -> new Lanes(2).all(List.of(failing, slow)));
        assertTrue(hasEnded.get());
    }

    @Test
    void lanes_end_together() {
        assertEquals(List.of(new Cut(0, 1), new Cut(1, 2)), new Lanes(2).cut(2, List.of()));
        assertEquals(List.of(new Cut(0, 32), new Cut(32, 64)), new Lanes(2).cut(64, List.of()));
        assertEquals(List.of(new Cut(0, 20), new Cut(20, 64)), new Lanes(2).cut(64, List.of(144)));
        assertEquals(List.of(new Cut(0, 64)), new Lanes(2).cut(64, List.of(9_999)));
        assertEquals(List.of(new Cut(0, 32), new Cut(32, 64)), new Lanes(2).cut(64, List.of(144, 144)));
    }
}
