package tinylm.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import tinylm.model.Dropout;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.KvCache;
import tinylm.model.SlotCache;
import tinylm.model.Torch;

/// Runs a [Gpt] over a [SlotCache].
///
/// Each call computes on one thread, that of its caller; see [Lanes].
///
/// Owns the cache, not the model.
public final class GptRunner implements ModelRunner {

    private final Gpt model;
    private final NDManager manager;
    private final SlotCache cache;

    public GptRunner(NDManager parent, Gpt model, int slots) {
        if (slots < 1) {
            throw new IllegalArgumentException("slots must be at least 1, but is " + slots);
        }
        prepareThread();
        this.model = model;
        this.manager = parent.newSubManager();
        this.cache = new SlotCache(manager, model.config(), slots);
    }

    @Override
    public GptConfig config() {
        return model.config();
    }

    @Override
    public int slots() {
        return cache.slots();
    }

    @Override
    public int mostDecoded() {
        return cache.mostDecoded();
    }

    @Override
    public int reserve(int count) {
        return cache.reserve(count);
    }

    @Override
    public float[] prefill(int slot, int start, int[] ids) {
        checkPositions(start, ids.length);
        prepareThread();
        try (NDManager step = manager.newSubManager()) {
            long[] tokens = Arrays.stream(ids).asLongStream().toArray();
            KvCache view = cache.prefill(step, slot, start, ids.length);
            return model.forwardLast(step.create(tokens, new Shape(1, ids.length)), view)
                    .toFloatArray(); // (B = 1, V)
        }
    }

    @Override
    public float[][][] decode(int from, int[][] ids, int[] starts) {
        if (ids.length != starts.length || from < 0 || from + ids.length > slots()) {
            throw new IllegalArgumentException("ids and starts must be equally many and for slots below " + slots()
                    + ", but are " + ids.length + " and " + starts.length + " from slot " + from + " on");
        }
        var spans = new ArrayList<SlotCache.Span>();
        for (int row = 0; row < ids.length; row++) {
            if (ids[row].length > mostDecoded()) {
                throw new IllegalArgumentException(
                        "a slot decodes at most " + mostDecoded() + " tokens in a step, not " + ids[row].length);
            }
            if (ids[row].length > 0) {
                checkPositions(starts[row], ids[row].length);
            }
            spans.add(new SlotCache.Span(starts[row], ids[row].length));
        }
        prepareThread();
        try (NDManager step = manager.newSubManager()) {
            KvCache view = cache.decode(step, from, spans);
            Shape shape = view.positions().getShape(); // (B, T)
            int width = (int) shape.get(1);
            long[] tokens = new long[(int) shape.size()];
            for (int row = 0; row < ids.length; row++) {
                for (int t = 0; t < ids[row].length; t++) {
                    tokens[row * width + t] = ids[row][t];
                }
            }
            return rows(model.forward(step.create(tokens, shape), view, Dropout.NONE), ids);
        }
    }

    @Override
    public void swap(int a, int b, int ofA, int ofB) {
        cache.swap(a, b, ofA, ofB);
    }

    @Override
    public void close() {
        manager.close();
    }

    private void checkPositions(int start, int count) {
        if (start < 0 || count == 0 || start + count > config().contextLength()) {
            throw new IllegalArgumentException("positions " + start + ".." + (start + count - 1) + " must lie in 0.."
                    + (config().contextLength() - 1));
        }
    }

    private static void prepareThread() {
        Torch.recordNoGradients();
        Torch.useThreads(1);
    }

    /// The logits (V) of the first columns of each row of (B, T, V), as many as it has ids.
    private static float[][][] rows(NDArray logits, int[][] ids) {
        int width = (int) logits.getShape().get(1);
        int vocabSize = (int) logits.getShape().get(2);
        FloatBuffer values = Torch.view(logits);
        float[][][] rows = new float[ids.length][][];
        for (int row = 0; row < ids.length; row++) {
            rows[row] = new float[ids[row].length][vocabSize];
            for (int t = 0; t < ids[row].length; t++) {
                values.get((row * width + t) * vocabSize, rows[row][t]);
            }
        }
        return rows;
    }
}
