package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.Random;
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
    void what_came_after_a_longer_text_outweighs_the_rest_once_it_came_often() {
        learn(5, 8, 1, 2, 4);
        learn(1, 7, 1, 2, 3);
        assertArrayEquals(new int[] {4}, draft.guess(new int[] {9, 8, 1, 2}, 4, 1));
        for (int i = 0; i < 50; i++) {
            learn(5, 8, 1, 2, 4);
        }
        assertArrayEquals(new int[] {4}, draft.guess(new int[] {9, 7, 1, 2}, 4, 1), "seen once");
        for (int i = 0; i < 50; i++) {
            learn(1, 7, 1, 2, 3);
        }
        assertArrayEquals(new int[] {3}, draft.guess(new int[] {9, 7, 1, 2}, 4, 1), "seen often");
        assertArrayEquals(new int[] {4}, draft.guess(new int[] {9, 8, 1, 2}, 4, 1));
    }

    @Test
    void what_comes_now_takes_the_place_of_what_came_before() {
        for (int next : new int[] {3, 4, 5, 3}) {
            for (int i = 0; i < 100_000; i++) {
                learn(1, next);
            }
            assertArrayEquals(new int[] {next}, draft.guess(new int[] {1}, 1, 1));
        }
    }

    @Test
    void of_tokens_that_come_at_random_the_likeliest_is_found() {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            learn(1, random.nextInt(10) < 4 ? 65_535 : random.nextInt(20));
        }
        assertArrayEquals(new int[] {65_535}, draft.guess(new int[] {1}, 1, 1));
    }

    @Test
    void a_token_beyond_what_can_be_counted_is_not_guessed() {
        learn(1, 65_536, 2);
        assertArrayEquals(new int[0], draft.guess(new int[] {1}, 1, 3));
        assertArrayEquals(new int[] {2}, draft.guess(new int[] {65_536}, 1, 3));
    }

    private void learn(int... ids) {
        for (int length = 2; length <= ids.length; length++) {
            draft.learn(Arrays.copyOf(ids, ids.length + 3), length);
        }
    }
}
