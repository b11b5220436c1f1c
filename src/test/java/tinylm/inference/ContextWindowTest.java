package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ContextWindowTest {

    @Test
    void stays_at_the_beginning_until_the_context_is_full_then_slides() {
        assertEquals(0, ContextWindow.start(1, 256));
        assertEquals(0, ContextWindow.start(256, 256));
        assertEquals(224, ContextWindow.start(257, 256));
        assertEquals(224, ContextWindow.start(224 + 256, 256));
        assertEquals(448, ContextWindow.start(224 + 257, 256));
        assertEquals(224 * 4_464, ContextWindow.start(1_000_000, 256));
    }

    @Test
    void always_shows_more_than_an_eighth_of_a_context_and_never_more_than_one() {
        for (int contextLength : new int[] {2, 3, 4, 7, 8, 128, 256}) {
            for (int length = contextLength + 1; length < 20 * contextLength; length++) {
                int inView = length - ContextWindow.start(length, contextLength);
                assertTrue(
                        inView <= contextLength && inView > Math.max(1, contextLength / 8),
                        inView + " of " + contextLength + " in view at " + length);
            }
        }
    }

    @Test
    void a_context_that_cannot_slide_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> ContextWindow.start(5, 1));
    }
}
