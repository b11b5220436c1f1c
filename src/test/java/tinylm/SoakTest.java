package tinylm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.inference.GptRunner;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;
import tinylm.text.Corpus;
import tinylm.training.DecayShape;
import tinylm.training.Ending;
import tinylm.training.OptimizerKind;
import tinylm.training.OwnText;
import tinylm.training.Trainer;
import tinylm.training.TrainingConfig;
import tinylm.training.TrainingEvent;

/// Long enough to show what leaks, races and divides by zero.
class SoakTest {

    @TempDir
    private Path folder;

    @Test
    void three_hundred_steps_under_contention_stay_finite() {
        Torch.load(2);
        AtomicBoolean done = new AtomicBoolean();
        List<Thread> rivals = IntStream.range(0, 3)
                .mapToObj(_ -> Thread.ofPlatform().start(() -> {
                    while (!done.get()) {
                        Thread.onSpinWait();
                    }
                }))
                .toList();
        try (Trainer trainer = Trainer.start(config(300), corpus(), folder, event -> {
            if (event instanceof TrainingEvent.Stepped stepped) {
                assertTrue(Double.isFinite(stepped.loss()), () -> "step " + stepped.step());
            }
        })) {
            assertInstanceOf(Ending.Completed.class, trainer.run(() -> false));
            assertEquals(300, trainer.step());
        } finally {
            done.set(true);
            rivals.forEach(SoakTest::join);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memory_stays_flat_over_three_thousand_decode_steps() {
        Torch.load(2);
        try (NDManager manager = NDManager.newBaseManager();
                Gpt model = Gpt.initialize(manager, new GptConfig(65, 128, 2, 4, 128, 0), 1);
                GptRunner runner = new GptRunner(manager, model, 16)) {
            int[][] ids = new int[16][1];
            int[] positions = new int[16];
            Arrays.fill(positions, 100);
            decode(runner, ids, positions, 500);
            long growth = Long.MAX_VALUE;
            for (int stretch = 0; stretch < 3; stretch++) { // what else goes on in this JVM shows in one, a leak in all
                long before = residentKilobytes();
                decode(runner, ids, positions, 3000);
                growth = Math.min(growth, residentKilobytes() - before);
            }
            assertTrue(
                    growth < 8_192,
                    "grew by " + growth + " kB, a third of what one lost (16, 128) array a step would be");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memory_stays_flat_over_two_hundred_training_steps() {
        Torch.load(2);
        List<Long> resident = new ArrayList<>();
        try (Trainer trainer = Trainer.start(config(800), corpus(), folder, event -> {
            if (event instanceof TrainingEvent.Stepped stepped && stepped.step() % 200 == 0) {
                resident.add(residentKilobytes());
            }
        })) {
            trainer.run(() -> false);
        }
        // the memory of each thread fills up at first, and what else goes on shows in one stretch: a leak in all
        long growth = IntStream.range(1, resident.size())
                .mapToLong(i -> resident.get(i) - resident.get(i - 1))
                .min()
                .orElseThrow();
        assertTrue(
                growth < 32_768,
                "grew by " + growth + " kB, a tenth of what one lost set of gradients a step would be");
    }

    private static void decode(GptRunner runner, int[][] ids, int[] positions, int steps) {
        for (int i = 0; i < steps; i++) {
            runner.decode(0, ids, positions);
        }
    }

    private static TrainingConfig config(int steps) {
        GptConfig model = new GptConfig(corpus().tokenizer().vocabSize(), 32, 2, 4, 128, 0.1);
        return new TrainingConfig(
                model,
                steps,
                8,
                OptimizerKind.MUON,
                2e-3,
                0.01,
                0.1,
                1,
                0.02,
                DecayShape.LINEAR,
                List.of(),
                1000,
                0,
                1);
    }

    private static Corpus corpus() {
        return OwnText.corpus(20_000);
    }

    private static long residentKilobytes() {
        System.gc();
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
