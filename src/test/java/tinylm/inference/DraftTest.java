package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DraftTest {

    private final Draft draft = new Draft();

    @Test
    void what_came_before_is_guessed_and_no_more_than_is_known() {
        assertArrayEquals(new int[0], draft.guess(new int[] {1, 2}, 2, 3));
        learn(1, 2, 3, 4, 5, 6);
        assertArrayEquals(new int[] {3, 4, 5}, draft.guess(new int[] {1, 2}, 2, 3));
        assertArrayEquals(new int[] {3}, draft.guess(new int[] {1, 2, 9, 9}, 2, 1));
        assertArrayEquals(new int[0], draft.guess(new int[] {1, 2}, 2, 0));
        assertArrayEquals(new int[] {6}, draft.guess(new int[] {0, 3, 4, 5}, 4, 3));
        assertArrayEquals(new int[] {2}, draft.guess(new int[] {1}, 1, 1));
        assertArrayEquals(new int[0], draft.guess(new int[] {6}, 1, 3));
    }

    @Test
    void the_longest_text_that_is_known_decides_and_then_the_majority() {
        learn(7, 1, 2, 3);
        learn(7, 1, 2, 3);
        for (int i = 0; i < 5; i++) {
            learn(8, 1, 2, 4);
        }
        assertArrayEquals(new int[] {4}, draft.guess(new int[] {9, 1, 2}, 3, 1));
        assertArrayEquals(new int[] {3}, draft.guess(new int[] {7, 1, 2}, 3, 1));
        for (int i = 0; i < 9; i++) {
            learn(7, 1, 2, 5);
        }
        assertArrayEquals(new int[] {5}, draft.guess(new int[] {7, 1, 2}, 3, 1));
    }

    private void learn(int... ids) {
        for (int length = 2; length <= ids.length; length++) {
            draft.learn(Arrays.copyOf(ids, ids.length + 3), length);
        }
    }
}
