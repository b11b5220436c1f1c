package tinylm.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import tinylm.model.GptConfig;

/// A model whose logits are a function of exactly which tokens a slot holds and how each was fed, so that other feeds
/// than those that were agreed on show, as they do in the last bits of a real model. Refuses whatever the engine must
/// never do. Its likeliest token is [#likeliest] of what the slot holds.
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

    /// How many slots there is memory for.
    public volatile int room = Integer.MAX_VALUE;

    private final GptConfig config;
    private final List<ArrayList<Fed>> held = new ArrayList<>();
    private volatile Thread owner;

    /// A token in a slot.
    ///
    /// @param feedLength tokens of the prefill that brought it; 0 for a decode
    /// @param place its index in that prefill
    record Fed(int id, int feedLength, int place) {

        static Fed decoded(int id) {
            return new Fed(id, 0, 0);
        }

        static List<Fed> prefilled(List<Integer> ids) {
            return IntStream.range(0, ids.size())
                    .mapToObj(place -> new Fed(ids.get(place), ids.size(), place))
                    .toList();
        }
    }

    public FakeRunner(int vocabSize, int contextLength, int slots) {
        config = new GptConfig(vocabSize, contextLength, 1, 1, 1, 0);
        for (int i = 0; i < slots; i++) {
            held.add(new ArrayList<>());
        }
    }

    /// The token after these, when the temperature is 0.
    static int likeliest(int vocabSize, List<Fed> window) {
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
    public int mostDecoded() {
        return 4;
    }

    @Override
    public int reserve(int count) {
        ownedByOneThread();
        check(count <= slots(), "room for " + count + " slots");
        return room;
    }

    @Override
    public float[] prefill(int slot, int start, int[] ids) {
        ownedByOneThread();
        prefills.incrementAndGet();
        prefilledTokens.addAndGet(ids.length);
        var feed = Fed.prefilled(Arrays.stream(ids).boxed().toList());
        for (int i = 0; i < ids.length; i++) {
            put(slot, start + i, feed.get(i));
        }
        return logits(config.vocabSize(), held.get(slot));
    }

    @Override
    public float[][][] decode(int from, int[][] ids, int[] starts) {
        ownedByOneThread();
        beforeDecode.run();
        decodes.incrementAndGet();
        widestDecode.accumulateAndGet(ids.length, Math::max);
        check(ids.length == starts.length && from + ids.length <= slots(), "decode of " + ids.length + " slots");
        check(ids.length > 0, "decode of no slots");
        var logits = new float[ids.length][][];
        for (int row = 0; row < ids.length; row++) {
            check(ids[row].length <= mostDecoded(), "decode of " + ids[row].length + " tokens of a slot");
            logits[row] = new float[ids[row].length][];
            for (int i = 0; i < ids[row].length; i++) {
                put(from + row, starts[row] + i, Fed.decoded(ids[row][i]));
                logits[row][i] = logits(config.vocabSize(), held.get(from + row));
            }
        }
        return logits;
    }

    @Override
    public void swap(int a, int b, int ofA, int ofB) {
        ownedByOneThread();
        swaps.incrementAndGet();
        check(a != b, "swap of slot " + a + " with itself");
        keepFirst(ofA, held.get(a));
        keepFirst(ofB, held.get(b));
        Collections.swap(held, a, b);
    }

    private static void keepFirst(int count, List<Fed> tokens) {
        check(count <= tokens.size(), "a slot holds " + tokens.size() + " tokens, not " + count);
        tokens.subList(count, tokens.size()).clear();
    }

    @Override
    public void close() {
        ownedByOneThread();
        check(!closed, "closed twice");
        closed = true;
    }

    private void put(int slot, int position, Fed fed) {
        check(fed.id() != poison, "poisoned");
        var row = held.get(slot);
        check(position <= row.size(), "position " + position + " of a slot that holds " + row.size());
        check(position < config.contextLength(), "position " + position + " is outside the context");
        row.subList(position, row.size()).clear();
        row.add(fed);
    }

    private static float[] logits(int vocabSize, List<Fed> window) {
        long hash = window.size();
        for (var fed : window) {
            hash = (hash ^ (fed.id() + 1_000L * fed.feedLength() + 1_000_000L * fed.place())) * 0x9e3779b97f4a7c15L;
            hash ^= hash >>> 29;
        }
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
