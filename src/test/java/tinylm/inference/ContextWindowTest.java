package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ContextWindowTest {

    @Test
    void stays_at_the_beginning_until_the_context_is_full_then_slides_by_half() {
        assertEquals(0, ContextWindow.start(1, 256));
        assertEquals(0, ContextWindow.start(256, 256));
        assertEquals(128, ContextWindow.start(257, 256));
        assertEquals(128, ContextWindow.start(384, 256));
        assertEquals(256, ContextWindow.start(385, 256));
        assertEquals(999_936 - 128, ContextWindow.start(1_000_000, 256));
    }

    @Test
    void always_shows_more_than_half_a_context_and_never_more_than_one() {
        for (int contextLength : new int[] {2, 3, 4, 7, 8, 128, 256}) {
            for (int length = contextLength + 1; length < 20 * contextLength; length++) {
                int inView = length - ContextWindow.start(length, contextLength);
                assertTrue(
                        inView <= contextLength && inView > contextLength / 2 - 1 && inView >= 1,
                        inView + " of " + contextLength + " in view at " + length);
            }
        }
    }

    @Test
    void a_context_without_halves_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> ContextWindow.start(5, 1));
    }
}
