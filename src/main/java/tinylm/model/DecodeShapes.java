package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// The shapes that a decode may have: those among which the choice does not change a bit of the result. That depends on
/// the matrix kernels of a processor, so they are asked when a cache is made.
///
/// One column alone is never among them: it is a matrix-vector product, and its bits are others.
///
/// @param narrowest fewest columns, which are the new positions of a slot
/// @param widest most columns
/// @param span a decode attends over a number of positions rounded up to this; what lies behind a sequence's end is
///     masked and adds exact zeros
record DecodeShapes(int narrowest, int widest, int span, int contextLength) {

    /// Rows times columns are a multiple of this: a row then has the same bits whatever stands beside it. That is
    /// not asked of the processor; tests hold to it.
    private static final int BATCH = 4;

    private static final int SPAN = 32;

    static DecodeShapes of(NDManager parent, GptConfig config) {
        int contextLength = config.contextLength();
        int span = Math.min(contextLength, SPAN);
        return IntStream.of(4, 3) // MKL with AVX-512 can do with all, with AVX2 not with four beside others
                .mapToObj(widest -> new DecodeShapes(2, widest, span, contextLength))
                .filter(shapes -> shapes.areAlike(parent, config))
                .findFirst()
                .orElse(new DecodeShapes(4, 4, contextLength, contextLength));
    }

    /// Over how many positions a decode attends that needs the first `longest`.
    int seen(int longest) {
        return Math.min(contextLength, Math.ceilDiv(longest, span) * span);
    }

    /// The number of columns, `least` or more, that makes the smallest batch.
    int columns(int rows, int least) {
        return IntStream.rangeClosed(Math.max(narrowest, least), widest)
                .boxed()
                .min(Comparator.comparingInt(columns -> rows(rows, columns) * columns))
                .orElseThrow();
    }

    /// How many rows of so many columns fill a batch up.
    int rows(int least, int columns) {
        int rows = least;
        while (rows * columns % BATCH != 0) {
            rows++;
        }
        return rows;
    }

    /// Whether a query finds the same in any column of any number of them, and over the next longer span.
    private boolean areAlike(NDManager parent, GptConfig config) {
        int heads = config.nHead();
        try (NDManager work = parent.newSubManager()) {
            var random = new SplittableRandom(1); // the same at each start
            NDArray query = normal(work, random, new Shape(1, heads, 1, config.headDim())); // (1, H, 1, D)
            NDArray all = normal(work, random, SlotMemory.keys(config, 1)); // (N, 1, H, D, P)
            List<NDArray> keys = LongStream.range(0, all.getShape().get(0))
                    .mapToObj(all::get) // (1, H, D, P)
                    .toList();
            NDArray values = normal(work, random, new Shape(1, heads, contextLength, config.headDim()));
            for (int longest = 1; longest <= contextLength; longest += span) {
                int seen = seen(longest);
                NDArray weights = normal(work, random, new Shape(1, heads, 1, seen)); // (1, H, 1, K)
                List<NDArray> few = keys.subList(0, blocks(seen, keys));
                NDArray scores = Torch.first(Heads.scores(repeat(query, narrowest), few, seen), 2, 1);
                NDArray attended = Torch.first(repeat(weights, narrowest).matMul(Torch.first(values, 2, seen)), 2, 1);
                for (int over : new int[] {seen, seen(seen + 1)}) {
                    NDArray padded =
                            over == seen ? weights : weights.concat(work.zeros(new Shape(1, heads, 1, over - seen)), 3);
                    for (int columns = narrowest; columns <= widest; columns++) {
                        NDArray itsScores =
                                Heads.scores(repeat(query, columns), keys.subList(0, blocks(over, keys)), over);
                        NDArray itsAttended = repeat(padded, columns).matMul(Torch.first(values, 2, over));
                        if (!isSame(repeat(scores, columns), Torch.first(itsScores, 3, seen))
                                || !isSame(repeat(attended, columns), itsAttended)) {
                            return false;
                        }
                    }
                }
            }
        }
        return true;
    }

    private static int blocks(int count, List<NDArray> keys) {
        return Math.ceilDiv(count, (int) keys.getFirst().getShape().get(3));
    }

    private static NDArray normal(NDManager manager, SplittableRandom random, Shape shape) {
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return manager.create(values, shape);
    }

    private static NDArray repeat(NDArray row, int columns) {
        return row.repeat(2, columns);
    }

    private static boolean isSame(NDArray a, NDArray b) {
        return Arrays.equals(a.toFloatArray(), b.toFloatArray());
    }
}
