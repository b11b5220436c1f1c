package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import tinylm.model.Dropout;
import tinylm.model.FullSequence;
import tinylm.model.Gpt;
import tinylm.model.Torch;

/// The protocol `val-full-C`: the validation characters cut into consecutive windows of C targets, the last one
/// shorter, no context before a window, dropout off. Every character after the first is scored exactly once.
public final class Evaluator {

    private static final int CHARACTERS = 4096; // of one forward pass: small enough for the cache

    private Evaluator() {}

    /// Name of the protocol for a context length.
    public static String protocol(int contextLength) {
        return "val-full-" + contextLength;
    }

    /// Mean negative log-likelihood in nats per character; empty when `stop` said so on the way.
    public static OptionalDouble loss(NDManager parent, Gpt model, int[] ids, BooleanSupplier stop) {
        Torch.recordNoGradients();
        int length = model.config().contextLength();
        int targets = ids.length - 1;
        if (targets < 1) {
            throw new IllegalArgumentException(
                    "at least 2 characters are needed to score, but there are " + ids.length);
        }
        int whole = targets / length;
        int batch = Math.max(1, CHARACTERS / length);
        double total = 0;
        for (int window = 0; window < whole; window += batch) {
            if (stop.getAsBoolean()) {
                return OptionalDouble.empty();
            }
            total += sum(parent, model, ids, window * length, Math.min(batch, whole - window), length);
        }
        int rest = targets - whole * length;
        if (rest > 0) {
            total += sum(parent, model, ids, whole * length, 1, rest);
        }
        return OptionalDouble.of(total / targets);
    }

    private static double sum(NDManager parent, Gpt model, int[] ids, int from, int rows, int length) {
        long[] inputs = new long[rows * length];
        long[] targets = new long[rows * length];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = ids[from + i];
            targets[i] = ids[from + i + 1];
        }
        try (NDManager step = parent.newSubManager()) {
            NDArray logits = model.forward(
                    step.create(inputs, new Shape(rows, length)),
                    FullSequence.of(step, model.config(), 0, length),
                    Dropout.NONE);
            NDArray losses = Loss.negativeLogLikelihoods(logits, step.create(targets)); // (B T)
            double sum = 0;
            for (float loss : losses.toFloatArray()) {
                sum += loss;
            }
            return sum;
        }
    }
}
