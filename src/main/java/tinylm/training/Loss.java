package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/// Cross-entropy: how surprised the model is by what came next.
final class Loss {

    private Loss() {}

    /// The negative log-likelihood (B T) in nats of each target (B T) under `logits` (B, T, V).
    static NDArray negativeLogLikelihoods(NDArray logits, NDArray targets) {
        long vocabSize = logits.getShape().get(2);
        NDArray logProbabilities = logits.reshape(new Shape(-1, vocabSize)).logSoftmax(1); // (B T, V)
        return logProbabilities.gather(targets.reshape(-1, 1), 1).reshape(-1).neg(); // (B T)
    }
}
