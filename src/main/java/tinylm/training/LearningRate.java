package tinylm.training;

/// Learning rate of a step as a share of its peak: a straight warm-up, then a decay.
///
/// @param warmup steps until the peak is reached
/// @param steps steps of the whole run
public record LearningRate(int warmup, int steps, DecayShape decay) {

    /// The share of the peak, above 0 and at most 1, that the step after `step` updates uses.
    public double at(long step) {
        if (step < warmup) {
            return (step + 1.0) / warmup;
        }
        double done = Math.min(1, (step - warmup) / (double) Math.max(1, steps - warmup));
        return switch (decay) {
            case COSINE -> 0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * done));
            case LINEAR -> 1 - done;
        };
    }
}
