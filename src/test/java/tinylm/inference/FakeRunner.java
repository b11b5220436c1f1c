package tinylm.inference;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import tinylm.model.GptConfig;

/// A model whose logits are a function of exactly the tokens a slot holds, and which refuses whatever the engine must
/// never do. Its likeliest token is [#likeliest] of them.
public final class FakeRunner implements ModelRunner {

    public final AtomicInteger prefills = new AtomicInteger();
    public final AtomicInteger prefilledTokens = new AtomicInteger();
    public final AtomicInteger decodes = new AtomicInteger();
    public final AtomicInteger swaps = new AtomicInteger();
    public final AtomicInteger widestDecode = new AtomicInteger();
    public volatile boolean closed;
    /// Token that makes a prefill or decode fail; -1 for none.
    public volatile int poison = -1;
    /// Run at the beginning of each decode, on the engine thread.
    public volatile Runnable beforeDecode = () -> {};

    private final GptConfig config;
    private final List<ArrayList<Integer>> held = new ArrayList<>();
    private volatile Thread owner;

    public FakeRunner(int vocabSize, int contextLength, int slots) {
        config = new GptConfig(vocabSize, contextLength, 1, 1, 1, 0);
        for (int i = 0; i < slots; i++) {
            held.add(new ArrayList<>());
        }
    }

    /// The token after these, when the temperature is 0.
    public static int likeliest(int vocabSize, List<Integer> window) {
        return argmax(logits(vocabSize, window));
    }

    @Override
    public GptConfig config() {
        return config;
    }

    @Override
    public int slots() {
        return held.size();
    }

    @Override
    public float[] prefill(int slot, int start, int[] ids) {
        ownedByOneThread();
        prefills.incrementAndGet();
        prefilledTokens.addAndGet(ids.length);
        for (int i = 0; i < ids.length; i++) {
            put(slot, start + i, ids[i]);
        }
        return logits(config.vocabSize(), held.get(slot));
    }

    @Override
    public float[][] decode(int[] ids, int[] positions) {
        ownedByOneThread();
        beforeDecode.run();
        decodes.incrementAndGet();
        widestDecode.accumulateAndGet(ids.length, Math::max);
        check(ids.length == positions.length && ids.length <= slots(), "decode of " + ids.length + " rows");
        check(ids.length > 0, "decode of no rows");
        var logits = new float[ids.length][];
        for (int slot = 0; slot < ids.length; slot++) {
            if (positions[slot] != IDLE) {
                put(slot, positions[slot], ids[slot]);
                logits[slot] = logits(config.vocabSize(), held.get(slot));
            }
        }
        return logits;
    }

    @Override
    public void swap(int a, int b) {
        ownedByOneThread();
        swaps.incrementAndGet();
        check(a != b, "swap of slot " + a + " with itself");
        Collections.swap(held, a, b);
    }

    @Override
    public void close() {
        ownedByOneThread();
        check(!closed, "closed twice");
        closed = true;
    }

    private void put(int slot, int position, int id) {
        check(id != poison, "poisoned");
        var row = held.get(slot);
        check(position <= row.size(), "position " + position + " of a slot that holds " + row.size());
        check(position < config.contextLength(), "position " + position + " is outside the context");
        row.subList(position, row.size()).clear();
        row.add(id);
    }

    private static float[] logits(int vocabSize, List<Integer> window) {
        long hash = window.hashCode() * 0x9e3779b97f4a7c15L + window.size();
        var logits = new float[vocabSize];
        for (int id = 0; id < vocabSize; id++) {
            logits[id] = (float) (4 * Sampler.uniform(hash, id));
        }
        return logits;
    }

    private static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    private void ownedByOneThread() {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        check(owner == Thread.currentThread(), "called by " + Thread.currentThread() + ", owned by " + owner);
        check(!closed, "used after close");
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalStateException(message);
        }
    }
}
