package tinylm.training;

import java.util.Arrays;
import java.util.SplittableRandom;

/// The training batches: windows at random offsets. The batch of a step is a function of (seed, step) alone, so a
/// resumed run sees what the interrupted one would have seen.
public record Batches(int[] ids, TrainingConfig config) {

    /// @param rows windows of the batch
    /// @param length characters per window
    /// @param positionOffset where in the position embedding the windows stand
    /// @param inputs ids, row after row
    /// @param targets the id after each input
    public record Batch(int rows, int length, int positionOffset, long[] inputs, long[] targets) {

        /// Rows [from, to) as a batch of their own.
        Batch rows(int from, int to) {
            return new Batch(
                    to - from,
                    length,
                    positionOffset,
                    Arrays.copyOfRange(inputs, from * length, to * length),
                    Arrays.copyOfRange(targets, from * length, to * length));
        }
    }

    public Batches {
        int needed = config.model().contextLength() + 1;
        if (ids.length < needed) {
            throw new IllegalArgumentException("the training part of the corpus must have at least " + needed
                    + " characters for this context length, but has " + ids.length);
        }
    }

    /// While windows are shorter than the model's context they stand at one random offset per step, so that every
    /// position is learned.
    public Batch at(long step) {
        SplittableRandom random = new SplittableRandom(config.seed() * 0x9E3779B97F4A7C15L + step);
        random = random.split();
        int length = config.contextAt(step);
        int rows = Math.max(1, config.charactersPerStep() / length);
        int offset = random.nextInt(config.model().contextLength() - length + 1);
        long[] inputs = new long[rows * length];
        long[] targets = new long[rows * length];
        for (int row = 0; row < rows; row++) {
            int start = random.nextInt(ids.length - length);
            for (int t = 0; t < length; t++) {
                inputs[row * length + t] = ids[start + t];
                targets[row * length + t] = ids[start + t + 1];
            }
        }
        return new Batch(rows, length, offset, inputs, targets);
    }
}
