package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextTest {

    @Test
    void a_text_knows_what_was_written_what_was_drawn_and_what_occurred() {
        var text = Text.EMPTY.withPrompt(1, 2).withDrawn(3, 4).withPrompt(1);
        assertArrayEquals(new int[] {1, 2, 3, 4, 1}, text.ids());
        assertEquals(5, text.length());
        assertEquals(0, text.before());
        assertEquals(bits(2, 3), text.drawn());
        assertEquals(bits(1, 2, 3, 4), text.occurred());
    }

    @Test
    void what_is_left_out_still_counts_and_still_has_occurred() {
        for (int seed = 0; seed < 300; seed++) {
            var random = new Random(seed);
            int contextLength = 2 + random.nextInt(20);
            var all = RandomText.of(random, 1 + random.nextInt(100), 8);
            var text = all.whole();
            var inView = text.inView(contextLength);
            var message = "seed " + seed;
            int start = ContextWindow.start(text.length(), contextLength);
            assertEquals(text.length(), inView.length(), message);
            assertEquals(start, inView.before(), message);
            assertArrayEquals(Arrays.copyOfRange(text.ids(), start, text.length()), inView.ids(), message);
            assertEquals(text.drawn().get(start, text.length()), inView.drawn(), message);
            assertEquals(text.occurred(), inView.occurred(), message);
        }
    }

    @Test
    void nobody_can_change_a_text_from_outside() {
        int[] ids = {1, 2};
        var drawn = bits(1);
        var occurred = bits(7);
        var text = Text.of(3, ids, drawn, occurred);
        ids[0] = 9;
        drawn.set(0);
        occurred.set(8);
        text.ids()[0] = 9;
        text.drawn().set(0);
        text.occurred().set(9);
        text.withPrompt(9);
        assertArrayEquals(new int[] {1, 2}, text.ids());
        assertEquals(bits(1), text.drawn());
        assertEquals(bits(1, 2, 7), text.occurred());
        assertEquals(5, text.length());
    }

    @Test
    void what_is_no_text_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> Text.of(-1, new int[0], bits(), bits()));
        assertThrows(IllegalArgumentException.class, () -> Text.of(0, new int[] {-1}, bits(), bits()));
        assertThrows(IllegalArgumentException.class, () -> Text.of(0, new int[] {1}, bits(1), bits()));
        assertThrows(IllegalArgumentException.class, () -> Text.EMPTY.withPrompt(-1));
    }

    private static BitSet bits(int... set) {
        var bits = new BitSet();
        Arrays.stream(set).forEach(bits::set);
        return bits;
    }
}
