package tinylm.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.SlotCache;
import tinylm.model.Torch;

/// Runs a [Gpt] over a [SlotCache]. Every decode batch is padded to a multiple of 4 rows: the matrix kernels then
/// give a row the same bits whatever stands beside it, while batches of 1, 2, 3 or 5 differ in the last ones.
///
/// Each call computes on one thread, that of its caller; see [Lanes].
///
/// Owns the cache, not the model.
public final class GptRunner implements ModelRunner {

    private static final int ROWS = 4;

    private final Gpt model;
    private final NDManager manager;
    private final SlotCache cache;

    public GptRunner(NDManager parent, Gpt model, int slots) {
        if (slots < ROWS || slots % ROWS != 0) {
            throw new IllegalArgumentException(
                    "slots must be a multiple of " + ROWS + " and at least " + ROWS + ", but is " + slots);
        }
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
    public void reserve(int count) {
        cache.reserve(count);
    }

    @Override
    public float[] prefill(int slot, int start, int[] ids) {
        checkPositions(start, ids.length);
        prepareThread();
        try (NDManager step = manager.newSubManager()) {
            NDArray tokens = step.create(widen(ids, ids.length), new Shape(1, ids.length)); // (B = 1, T)
            return rows(model.forwardLast(tokens, cache.prefill(step, slot, start, ids.length)), 1)[0];
        }
    }

    @Override
    public float[][] decode(int from, int[] ids, int[] positions) {
        if (ids.length != positions.length || from < 0 || from + ids.length > slots()) {
            throw new IllegalArgumentException("ids and positions must be equally long and for slots below " + slots()
                    + ", but are " + ids.length + " and " + positions.length + " from slot " + from + " on");
        }
        int rows = (ids.length + ROWS - 1) / ROWS * ROWS;
        prepareThread();
        try (NDManager step = manager.newSubManager()) {
            NDArray tokens = step.create(widen(ids, rows), new Shape(rows, 1)); // (B, T = 1)
            return rows(model.forwardLast(tokens, cache.decode(step, from, positions, rows)), ids.length);
        }
    }

    @Override
    public float[][] decodeAhead(int slot, int start, int[] ids) {
        if (ids.length == 0 || ids.length > AHEAD) {
            throw new IllegalArgumentException("there must be 1 to " + AHEAD + " ids, but there are " + ids.length);
        }
        checkPositions(start, ids.length);
        prepareThread();
        try (NDManager step = manager.newSubManager()) {
            NDArray tokens = step.create(widen(ids, ROWS), new Shape(ROWS, 1)); // (B, T = 1)
            return rows(model.forwardLast(tokens, cache.decodeAhead(step, slot, start, ids.length, ROWS)), ids.length);
        }
    }

    @Override
    public void swap(int a, int b) {
        cache.swap(a, b);
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

    private static long[] widen(int[] ids, int length) {
        long[] wide = new long[length];
        for (int i = 0; i < ids.length; i++) {
            wide[i] = ids[i];
        }
        return wide;
    }

    private static float[][] rows(NDArray logits, int count) {
        FloatBuffer values = Torch.view(logits); // (B, V)
        float[][] rows = new float[count][(int) logits.getShape().get(1)];
        for (float[] row : rows) {
            values.get(row);
        }
        return rows;
    }
}
