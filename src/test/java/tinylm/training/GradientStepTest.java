package tinylm.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;
import tinylm.training.Batches.Batch;

class GradientStepTest {

    private static final int LENGTH = 16;

    @AfterEach
    void asTheOthersHaveIt() {
        Torch.useThreads(2);
    }

    private record Step(double loss, Map<String, float[]> gradients) {}

    private static Batch batch(int rows, int vocabSize) {
        var random = new SplittableRandom(5);
        return new Batch(
                rows,
                LENGTH,
                0,
                random.longs((long) rows * LENGTH, 0, vocabSize).toArray(),
                random.longs((long) rows * LENGTH, 0, vocabSize).toArray());
    }

    private static Step step(int threads, double dropout, int rows) {
        Torch.load(threads);
        Torch.recordNoGradients();
        try (var manager = NDManager.newBaseManager();
                var model = Gpt.initialize(manager, new GptConfig(9, LENGTH, 2, 2, 16, dropout), 3);
                var gradients = new GradientStep(model, 7)) {
            var result =
                    gradients.compute(manager, batch(rows, 9), 4, () -> false).orElseThrow();
            assertEquals(threads, Torch.threads(), "as it was");
            var values = new HashMap<String, float[]>();
            result.gradients().forEach((name, gradient) -> values.put(name, gradient.toFloatArray()));
            return new Step(result.loss(), values);
        }
    }

    /// More rows than a micro-batch has, fewer than there are threads, and in between.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 300})
    void any_number_of_threads_computes_the_same_but_for_rounding(int rows) {
        var one = step(1, 0, rows);
        for (int threads : new int[] {2, 3, 4}) {
            var several = step(threads, 0, rows);
            assertEquals(one.loss(), several.loss(), 1e-6);
            one.gradients()
                    .forEach((name, expected) ->
                            assertArrayEquals(expected, several.gradients().get(name), 2e-6f, name));
        }
    }

    @Test
    void the_same_number_of_threads_computes_the_same_bits() {
        var first = step(2, 0.2, 300);
        var second = step(2, 0.2, 300);
        assertEquals(first.loss(), second.loss());
        first.gradients()
                .forEach((name, expected) ->
                        assertArrayEquals(expected, second.gradients().get(name), name));
    }

    @Test
    void who_is_told_to_stop_ends_between_two_micro_batches() {
        Torch.load(2);
        Torch.recordNoGradients();
        try (var manager = NDManager.newBaseManager();
                var model = Gpt.initialize(manager, new GptConfig(9, LENGTH, 1, 1, 8, 0), 3);
                var gradients = new GradientStep(model, 7)) {
            var asked = new AtomicInteger();
            assertTrue(gradients
                    .compute(manager, batch(1000, 9), 0, () -> asked.incrementAndGet() > 1)
                    .isEmpty());
            assertEquals(2, asked.get());
            assertFalse(gradients.compute(manager, batch(8, 9), 0, () -> false).isEmpty());
        }
    }

    @Test
    void what_goes_wrong_on_another_thread_goes_wrong_here() {
        Torch.load(2);
        Torch.recordNoGradients();
        try (var manager = NDManager.newBaseManager();
                var model = Gpt.initialize(manager, new GptConfig(9, LENGTH, 1, 1, 8, 0), 3);
                var gradients = new GradientStep(model, 7)) {
            var wrong = batch(2, 9);
            wrong.inputs()[LENGTH] = 10; // the second row's first character, of which there is none
            assertThrows(CompletionException.class, () -> gradients.compute(manager, wrong, 0, () -> false));
            assertEquals(2, Torch.threads());
            assertFalse(gradients.compute(manager, batch(2, 9), 0, () -> false).isEmpty());
        }
    }
}
