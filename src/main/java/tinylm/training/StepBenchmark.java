package tinylm.training;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.SplittableRandom;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;

/// Optimizer updates on invented ids, to be timed: all of a training step, nothing of a run.
public final class StepBenchmark implements AutoCloseable {

    private final NDManager manager = NDManager.newBaseManager();
    private final TrainingConfig config;
    private final Gpt model;
    private final GradientStep gradients;
    private final Optimizers optimizers;
    private final Batches batches;
    private long step;

    public StepBenchmark(GptConfig shape, OptimizerKind optimizer, int batchSize) {
        this(new TrainingConfig(
                shape, 1000, batchSize, optimizer, 2e-3, 0.01, 0.1, 1, 0.02, DecayShape.LINEAR, List.of(), 1000, 0, 1));
    }

    public StepBenchmark(TrainingConfig config) {
        Torch.recordNoGradients();
        this.config = config;
        var shape = config.model();
        model = Gpt.initialize(manager, shape, 1);
        gradients = new GradientStep(model, 1);
        optimizers = new Optimizers(manager, config, model.parameters());
        batches = new Batches(
                new SplittableRandom(1).ints(100_000, 0, shape.vocabSize()).toArray(), config);
    }

    /// The next one is this step of the config's.
    void goTo(long next) {
        step = next;
    }

    public void step() {
        try (NDManager work = manager.newSubManager()) {
            var result =
                    gradients.compute(work, batches.at(step), step, () -> false).orElseThrow();
            GradientClip.apply(work, result.gradients(), config.clip());
            optimizers.update(work, result.gradients(), step, config.schedule().at(step));
            step++;
        }
    }

    @Override
    public void close() {
        gradients.close();
        manager.close();
    }
}
