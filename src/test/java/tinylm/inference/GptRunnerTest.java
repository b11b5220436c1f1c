package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tinylm.model.Dropout;
import tinylm.model.FullSequence;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;

class GptRunnerTest {

    private static final int SLOTS = 16;

    private final SplittableRandom random = new SplittableRandom(11);
    private NDManager manager;
    private Gpt model;
    private GptRunner runner;

    @BeforeEach
    void open() {
        Torch.load(2);
        Torch.recordNoGradients();
        manager = NDManager.newBaseManager();
        model = Gpt.initialize(manager, new GptConfig(65, 256, 2, 6, 192, 0), 1);
        model.parameters().values().forEach(parameter -> parameter.addi(parameter.mul(2))); // far from uniform
        runner = new GptRunner(manager, model, SLOTS);
    }

    @AfterEach
    void close() {
        runner.close();
        model.close();
        manager.close();
    }

    @Test
    void cached_equals_the_full_forward() {
        int[] ids = ids(200);
        float[][] full = full(ids);
        assertArrayEquals(full[119], runner.prefill(3, 0, Arrays.copyOf(ids, 120)), 2e-4f);
        assertArrayEquals(full[149], runner.prefill(3, 120, Arrays.copyOfRange(ids, 120, 150)), 2e-4f);
        for (int i = 150; i < 200; i++) {
            int[][] step = {{}, {}, {}, {ids[i]}};
            assertArrayEquals(full[i], runner.decode(0, step, new int[] {0, 0, 0, i})[3][0], 2e-4f, "position " + i);
        }
    }

    @Test
    void what_comes_later_does_not_change_what_came_before() {
        int[] ids = ids(60);
        float[][] before = full(ids);
        ids[40] = (ids[40] + 1) % 65;
        float[][] after = full(ids);
        for (int t = 0; t < 40; t++) {
            assertArrayEquals(before[t], after[t], "position " + t);
        }
        assertEquals(false, Arrays.equals(before[40], after[40]));
    }

    @Test
    void a_row_has_the_same_bits_alone_and_beside_any_neighbours() {
        int[] prompt = ids(61);
        int[] next = ids(20);
        float[][] alone = generate(0, 1, prompt, next);
        for (int trial = 0; trial < 12; trial++) {
            int rows = 1 + random.nextInt(SLOTS);
            int slot = random.nextInt(rows);
            for (int other = 0; other < rows; other++) {
                if (other != slot) {
                    runner.prefill(other, 0, ids(1 + random.nextInt(230)));
                }
            }
            float[][] together = generate(slot, rows, prompt, next);
            for (int i = 0; i < alone.length; i++) {
                assertArrayEquals(
                        alone[i], together[i], "trial " + trial + ", slot " + slot + " of " + rows + ", step " + i);
            }
        }
    }

    /// Beside long ones, more blocks of its keys are read than it has reached.
    @Test
    void a_short_text_has_the_same_bits_beside_short_and_long_ones() {
        int[] prompt = ids(20);
        int[] next = ids(20);
        float[][] alone = generate(0, 1, prompt, next);
        for (int length : new int[] {20, 63, 64, 65, 130, 200}) {
            for (int other = 1; other < SLOTS; other++) {
                runner.prefill(other, 0, ids(length));
            }
            runner.prefill(0, 0, prompt);
            for (int i = 0; i < next.length; i++) {
                int[][] step = new int[SLOTS][1];
                int[] starts = new int[SLOTS];
                Arrays.fill(starts, length);
                step[0][0] = next[i];
                starts[0] = prompt.length + i;
                assertArrayEquals(alone[i], runner.decode(0, step, starts)[0][0], "beside " + length + ", step " + i);
            }
        }
    }

    @Test
    void a_swapped_slot_goes_on_with_the_same_bits() {
        int[] prompt = ids(30);
        int[] next = ids(8);
        float[][] expected = generate(2, 4, prompt, next);
        runner.prefill(2, 0, prompt);
        runner.swap(2, 9, prompt.length, 0);
        assertBits(expected, decode(9, 12, prompt.length, next));
    }

    @Test
    void tokens_decoded_at_once_have_the_bits_of_one_step_after_the_other() {
        for (int slot : new int[] {0, 1, 7}) {
            int[] prompt = ids(1 + random.nextInt(80));
            int[] next = ids(150);
            float[][] expected = generate(slot, 8, prompt, next);
            for (int trial = 0; trial < 3; trial++) {
                assertBits(expected, atOnce(slot, prompt, next));
            }
        }
    }

    /// Products so small that they are computed by other code.
    @ParameterizedTest
    @CsvSource({"8, 4, 1", "16, 24, 3", "20, 24, 3", "24, 8, 1", "33, 16, 2", "100, 12, 3"})
    void the_same_in_small_models(int contextLength, int width, int heads) {
        runner.close();
        model.close();
        model = Gpt.initialize(manager, new GptConfig(65, contextLength, 2, heads, width, 0), 1);
        runner = new GptRunner(manager, model, SLOTS);
        int[] prompt = ids(1);
        int[] next = ids(contextLength - runner.mostDecoded());
        float[][] expected = generate(2, 3, prompt, next);
        for (int trial = 0; trial < 5; trial++) {
            assertBits(expected, atOnce(2, prompt, next));
        }
    }

    /// Takes some of what is decoded, guesses that are right and such that are not, beside others that do the same, and
    /// does other things to the slot between.
    private float[][] atOnce(int slot, int[] prompt, int[] next) {
        runner.prefill(slot, 0, prompt);
        float[][] logits = new float[next.length][];
        for (int at = 0; at < next.length; ) {
            int right = Math.min(1 + random.nextInt(runner.mostDecoded()), next.length - at);
            int[] tokens = ids(right + random.nextInt(runner.mostDecoded() - right + 1));
            System.arraycopy(next, at, tokens, 0, right);
            System.arraycopy(amidOthers(slot, prompt.length + at, tokens), 0, logits, at, right);
            at += right;
            switch (random.nextInt(4)) {
                case 0 -> {
                    int held = prompt.length + at;
                    runner.swap(slot, 9, held, random.nextInt(2));
                    one(slot, 0, ids(3));
                    runner.swap(slot, 9, random.nextInt(4), held);
                }
                case 1 -> one(slot + 1, random.nextInt(contextLength() - 2), ids(2));
                case 2 -> runner.reserve(SLOTS);
                default -> {}
            }
        }
        return logits;
    }

    private float[][] amidOthers(int slot, int start, int[] tokens) {
        int from = random.nextInt(slot + 1);
        int[][] ids = new int[slot - from + 1 + random.nextInt(SLOTS - slot)][];
        Arrays.setAll(ids, i -> ids(random.nextInt(runner.mostDecoded() + 1)));
        int[] starts = random.ints(ids.length, 0, contextLength() - runner.mostDecoded())
                .toArray();
        ids[slot - from] = tokens;
        starts[slot - from] = start;
        return runner.decode(from, ids, starts)[slot - from];
    }

    private float[][] one(int slot, int start, int[] tokens) {
        return runner.decode(slot, new int[][] {tokens}, new int[] {start})[0];
    }

    @Test
    void rows_keep_their_bits_when_the_cache_grows_for_more() {
        int[] prompt = ids(100);
        int[] next = ids(8);
        float[][] expected = inMiddle(prompt, next, grown -> grown.prefill(63, 0, ids(1)), grown -> {});
        assertBits(expected, inMiddle(prompt, next, grown -> {}, grown -> grown.prefill(33, 0, ids(200))));
        assertBits(expected, inMiddle(prompt, next, grown -> {}, grown -> grown.prefill(63, 0, ids(5))));
        assertBits(expected, inMiddle(prompt, next, grown -> {}, grown -> grown.swap(40, 62, 0, 0)));
        assertBits(expected, inMiddle(prompt, next, grown -> {}, grown -> {
            grown.swap(31, 50, prompt.length, 1);
            grown.swap(50, 31, prompt.length, 1);
        }));
        assertBits(expected, inMiddle(prompt, next, grown -> {}, grown -> {
            int[][] others = new int[50][1];
            others[31] = new int[0];
            grown.decode(0, others, new int[50]);
        }));
    }

    @Test
    void a_text_keeps_its_bits_when_others_come() {
        int[] prompt = ids(20);
        int[] next = ids(100);
        float[][] alone = generate(0, 1, prompt, next);
        runner.close();
        runner = new GptRunner(manager, model, SLOTS);
        runner.prefill(0, 0, prompt);
        for (int i = 0; i < next.length; i++) {
            if (i == next.length / 2) {
                runner.prefill(SLOTS - 1, 0, ids(5));
            }
            assertArrayEquals(alone[i], one(0, prompt.length + i, new int[] {next[i]})[0], "step " + i);
        }
    }

    /// Prefills slot 31 of 64 and decodes after that, with something done to the cache before and between.
    private float[][] inMiddle(int[] prompt, int[] next, Consumer<GptRunner> before, Consumer<GptRunner> between) {
        runner.close();
        runner = new GptRunner(manager, model, 64);
        before.accept(runner);
        runner.prefill(31, 0, prompt);
        between.accept(runner);
        return decode(31, 32, prompt.length, next);
    }

    private static void assertBits(float[][] expected, float[][] actual) {
        for (int i = 0; i < expected.length; i++) {
            assertArrayEquals(expected[i], actual[i], "step " + i);
        }
    }

    @Test
    void positions_beyond_the_context_are_refused() {
        assertThrows(IllegalArgumentException.class, () -> runner.prefill(0, 200, ids(57)));
        assertThrows(IllegalArgumentException.class, () -> one(0, 254, ids(3)));
        assertThrows(IllegalArgumentException.class, () -> one(0, 0, ids(5)));
        assertThrows(IllegalArgumentException.class, () -> new GptRunner(manager, model, 0));
    }

    @Test
    void no_array_outlives_its_step() {
        int[] prompt = ids(100);
        runner.prefill(0, 0, prompt);
        decode(0, 4, 100, ids(5));
        one(0, 105, ids(3));
        int before = count();
        for (int i = 0; i < 10; i++) {
            runner.prefill(0, 0, prompt);
            decode(0, 4, 100, ids(5));
            one(0, 105, ids(3));
        }
        assertEquals(before, count());
    }

    private int count() {
        return count(manager);
    }

    private static int count(NDManager manager) {
        return manager.getManagedArrays().size();
    }

    private float[][] generate(int slot, int rows, int[] prompt, int[] next) {
        runner.prefill(slot, 0, prompt);
        return decode(slot, rows, prompt.length, next);
    }

    /// Feeds `next` to `slot`; the other rows decode at random positions of theirs, or idle.
    private float[][] decode(int slot, int rows, int start, int[] next) {
        float[][] logits = new float[next.length][];
        for (int i = 0; i < next.length; i++) {
            int[][] ids = new int[rows][];
            Arrays.setAll(ids, row -> ids(random.nextInt(2)));
            int[] starts = random.ints(rows, 0, contextLength()).toArray();
            ids[slot] = new int[] {next[i]};
            starts[slot] = start + i;
            logits[i] = runner.decode(0, ids, starts)[slot][0];
        }
        return logits;
    }

    private float[][] full(int[] ids) {
        try (NDManager step = manager.newSubManager()) {
            long[] wide = Arrays.stream(ids).asLongStream().toArray();
            float[] logits = model.forward(
                            step.create(wide, new Shape(1, ids.length)),
                            FullSequence.of(step, model.config(), 0, ids.length),
                            Dropout.NONE)
                    .toFloatArray();
            float[][] rows = new float[ids.length][];
            for (int t = 0; t < ids.length; t++) {
                rows[t] = Arrays.copyOfRange(logits, t * 65, (t + 1) * 65);
            }
            return rows;
        }
    }

    private int contextLength() {
        return model.config().contextLength();
    }

    private int[] ids(int count) {
        return random.ints(count, 0, 65).toArray();
    }
}
