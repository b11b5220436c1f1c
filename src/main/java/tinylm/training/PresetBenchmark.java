package tinylm.training;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import tinylm.model.Gpt;

/// What a preset costs on this machine: a few steps of each stage and a part of an evaluation are timed, on invented
/// ids.
public final class PresetBenchmark {

    /// The first steps are slower: memory is asked for, the program is compiled.
    private static final double WARM_UP_SECONDS = 1;

    private static final double TIMED_SECONDS = 1.5;
    private static final int FEWEST_STEPS = 3;

    /// Validation characters of the corpus that a preset is meant for, and the share of them that is scored.
    private static final int VALIDATION_CHARACTERS = 111_540;

    private static final int SHARE = 10;

    private PresetBenchmark() {}

    /// Seconds of all steps and evaluations; starting the program and saving come on top, some seconds.
    public static double seconds(TrainingConfig config) {
        double seconds = 0;
        try (var benchmark = new StepBenchmark(config)) {
            for (long step = 0; step < config.steps(); ) {
                long end = endOfStage(config, step);
                seconds += (end - step) * secondsOfStep(benchmark, step);
                step = end;
            }
        }
        long evaluations = Math.ceilDiv(config.steps(), config.evaluationInterval());
        return seconds + evaluations * secondsOfEvaluation(config);
    }

    private static long endOfStage(TrainingConfig config, long step) {
        int context = config.contextAt(step);
        long end = step;
        while (end < config.steps() && config.contextAt(end) == context) {
            end++;
        }
        return end;
    }

    private static double secondsOfStep(StepBenchmark benchmark, long step) {
        benchmark.goTo(step);
        timed(benchmark, 1, WARM_UP_SECONDS);
        double[] times = timed(benchmark, FEWEST_STEPS, TIMED_SECONDS);
        return Arrays.stream(times).sorted().toArray()[times.length / 2];
    }

    /// Seconds of each of so many steps at least, and of as many as the time holds.
    private static double[] timed(StepBenchmark benchmark, int fewest, double seconds) {
        var times = DoubleStream.builder();
        long begun = System.nanoTime();
        for (int count = 0; count < fewest || System.nanoTime() - begun < seconds * 1e9; count++) {
            long stepBegun = System.nanoTime();
            benchmark.step();
            times.add((System.nanoTime() - stepBegun) / 1e9);
        }
        return times.build().toArray();
    }

    private static double secondsOfEvaluation(TrainingConfig config) {
        var shape = config.model();
        try (var manager = NDManager.newBaseManager();
                var model = Gpt.initialize(manager, shape, config.seed())) {
            int[] ids = new SplittableRandom(1)
                    .ints(VALIDATION_CHARACTERS / SHARE, 0, shape.vocabSize())
                    .toArray();
            long begun = System.nanoTime();
            Evaluator.loss(manager, model, ids, () -> false);
            return SHARE * (System.nanoTime() - begun) / 1e9;
        }
    }
}
