package tinylm.training;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import tinylm.model.Dropout;
import tinylm.model.DropoutMasks;
import tinylm.model.FullSequence;
import tinylm.model.Gpt;
import tinylm.model.Torch;
import tinylm.training.Batches.Batch;

/// The loss of a batch and its gradients. A batch is worked on in micro-batches of about 2,048 characters, whose
/// activations stay in the processor's cache and in memory that malloc keeps. Owned by the training thread.
final class GradientStep {

    private static final int CHARACTERS = 2048;

    private final Gpt model;
    private final Masks masks;

    GradientStep(Gpt model, long seed) {
        this.model = model;
        double dropout = model.config().dropout();
        this.masks = dropout == 0 ? new NoMasks() : new DrawnMasks(new DropoutMasks(dropout, seed));
        model.parameters().values().forEach(parameter -> parameter.setRequiresGradient(true));
    }

    /// @param loss mean over the batch in nats per character
    /// @param gradients by parameter name, of that mean, in arrays of the step's manager
    record Result(double loss, Map<String, NDArray> gradients) {}

    /// Lets every parameter own a gradient of final layout before the first step, so that the first step of a resumed
    /// run adds to it as any other does.
    void warmUp(NDManager manager) {
        try (NDManager work = manager.newSubManager()) {
            accumulate(work, new Batch(1, 1, 0, new long[1], new long[1]), 1, Dropout.NONE);
        }
    }

    /// Empty when `stop` said so on the way; nothing has changed then.
    Optional<Result> compute(NDManager step, Batch batch, long number, BooleanSupplier stop) {
        model.parameters().values().forEach(Torch::zeroGradient);
        int rows = Math.max(1, CHARACTERS / batch.length());
        double loss = 0;
        for (int from = 0; from < batch.rows(); from += rows) {
            if (stop.getAsBoolean()) {
                return Optional.empty();
            }
            int to = Math.min(batch.rows(), from + rows);
            double share = (to - from) / (double) batch.rows();
            loss += share * accumulate(step, batch.rows(from, to), share, masks.of(number, from / rows));
        }
        Map<String, NDArray> gradients = new LinkedHashMap<>();
        model.parameters().forEach((name, parameter) -> {
            NDArray gradient = parameter.getGradient();
            gradient.attach(step);
            gradients.put(name, gradient);
        });
        return Optional.of(new Result(loss, gradients));
    }

    private double accumulate(NDManager step, Batch batch, double share, Dropout dropout) {
        try (NDManager part = step.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray ids = part.create(batch.inputs(), new Shape(batch.rows(), batch.length())); // (B, T)
            FullSequence sequence =
                    FullSequence.of(part, model.config(), batch.rows(), batch.positionOffset(), batch.length());
            NDArray logits = model.forward(ids, sequence, dropout); // (B, T, V)
            NDArray loss = Loss.negativeLogLikelihoods(logits, part.create(batch.targets()))
                    .mean();
            collector.backward(loss.mul(Torch.scalar(part, share)));
            return loss.getFloat();
        } finally {
            Torch.recordNoGradients();
        }
    }

    private interface Masks {
        Dropout of(long step, int part);
    }

    private record NoMasks() implements Masks {
        @Override
        public Dropout of(long step, int part) {
            return Dropout.NONE;
        }
    }

    private record DrawnMasks(DropoutMasks masks) implements Masks {
        @Override
        public Dropout of(long step, int part) {
            masks.begin(step, part);
            return masks;
        }
    }
}
