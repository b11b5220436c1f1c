package tinylm.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import tinylm.model.SlotMemory.KeysAndValues;

/// Keys (N, S, H, D, P) and values (S, H, C, D) of S sequences, one slot each, per layer. A forward pass gets a view
/// of it: [#prefill] one slot and many positions, [#decode] many slots and a few positions each.
///
/// Keys lie in N blocks of P positions, as their product with queries reads them best: with 64 slots it takes half
/// the time on a Zen 4 that it takes over (S, H, D, C), and a third of that over (S, H, C, D), transposed. A block of
/// many slots lies in one piece, so that those which no slot has reached are not read. New ones are copied from the
/// projection's own memory into the cache's own memory, without an NDArray operation.
/// Owned by one thread; but forward passes over different slots may run at the same time, after [#reserve].
public final class SlotCache implements AutoCloseable {

    private static final Logger LOG = System.getLogger(SlotCache.class.getName());

    private final GptConfig config;
    private final Heads heads;
    private final int slots;
    private final NDManager manager;
    private final SlotMemory memory;
    private final DecodeShapes shapes;

    public SlotCache(NDManager parent, GptConfig config, int slots) {
        this.config = config;
        this.heads = Heads.of(config);
        this.slots = slots;
        this.manager = parent.newSubManager();
        this.memory = new SlotMemory(manager, config, 1);
        this.shapes = DecodeShapes.of(manager, config);
    }

    /// New positions of a slot, and the row of the batch at which they begin.
    private record Place(int row, int slot, int position, int count) {}

    /// New positions `start`, …, `start + count - 1` of a slot; `count` is 0 for one that is left as it is.
    public record Span(int start, int count) {

        int end() {
            return start + count;
        }
    }

    /// The shape of each block of a layer's keys of so many slots, (S, H, D, P).
    public static Shape block(GptConfig config, int slots) {
        return SlotMemory.keys(config, slots).slice(1);
    }

    /// Makes room for slot indices below `count`, twice as many as before at least, if there is memory for them.
    /// Returns how many there is room for.
    public int reserve(int count) {
        if (count > memory.slots()) {
            int wanted = Math.min(slots, Math.max(count, 2 * memory.slots()));
            try {
                memory.grow(wanted);
            } catch (EngineException e) {
                LOG.log(Level.WARNING, "no memory for a KV cache of " + wanted + " slots", e);
            }
        }
        return memory.slots();
    }

    private void need(int count) {
        if (reserve(count) < count) {
            throw new IllegalStateException("there is no memory for " + count + " slots");
        }
    }

    public int slots() {
        return slots;
    }

    /// Most new positions of a slot in a decode.
    public int mostDecoded() {
        return shapes.widest();
    }

    /// New positions `start`, …, `start + length - 1` of one slot, after what it holds before.
    public KvCache prefill(NDManager step, int slot, int start, int length) {
        need(slot + 1);
        NDArray mask = step.zeros(new Shape(length, start + length)); // (T, K)
        FloatBuffer values = Torch.view(mask);
        for (int t = 0; t < length; t++) {
            hideAfter(values, t, start + length, start + t);
        }
        NDArray positions = step.arange(start, start + length, 1, DataType.INT64); // (T)
        KeysAndValues[] visible = memory.views(step, slot, start + length);
        return new View(heads, memory, positions, mask, 1, visible, List.of(new Place(0, slot, start, length)), false);
    }

    /// Up to [#mostDecoded] new positions for each of the slots from `from` on. All get as many columns of the batch;
    /// those that a slot does not need, and further rows, only fill the batch up.
    public KvCache decode(NDManager step, int from, List<Span> spans) {
        int rows = spans.size();
        int widest = spans.stream().mapToInt(Span::count).max().orElseThrow();
        int width = shapes.columns(rows, widest);
        int batch = shapes.rows(rows, width);
        need(from + rows);
        int longest = spans.stream().mapToInt(Span::end).max().orElseThrow();
        int seen = shapes.seen(longest);
        NDArray mask = step.zeros(new Shape(rows, 1, width, seen)); // (rows, 1, T, K)
        FloatBuffer values = Torch.view(mask);
        long[] positions = new long[batch * width];
        List<Place> places = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            Span span = spans.get(row);
            if (span.count > 0) {
                places.add(new Place(row * width, from + row, span.start, span.count));
            }
            for (int t = 0; t < width; t++) {
                int position = Math.max(0, span.start + Math.min(t, span.count - 1));
                positions[row * width + t] = position;
                hideAfter(values, row * width + t, seen, position);
            }
        }
        NDArray wherever = step.create(positions, new Shape(batch, width)); // (B, T)
        return new View(heads, memory, wherever, mask, rows, memory.window(from, from + rows, seen), places, true);
    }

    private static void hideAfter(FloatBuffer mask, int row, int span, int position) {
        for (int k = position + 1; k < span; k++) {
            mask.put(row * span + k, Float.NEGATIVE_INFINITY);
        }
    }

    /// Exchanges the first positions of two slots: `ofA` of a's, `ofB` of b's. What lies behind them is lost.
    public void swap(int a, int b, int ofA, int ofB) {
        need(Math.max(a, b) + 1);
        memory.swap(a, b, ofA, ofB);
    }

    @Override
    public void close() {
        manager.close();
    }

    /// Some slots for one forward pass.
    private record View(
            Heads heads,
            SlotMemory memory,
            NDArray positions,
            NDArray mask,
            long rows,
            KeysAndValues[] visible,
            List<Place> places,
            boolean inBlocks)
            implements KvCache {

        @Override
        public QueriesKeysValues extend(int layer, NDArray queryKeyValue) {
            FloatBuffer fresh = Torch.view(queryKeyValue);
            for (Place place : places) {
                memory.put(layer, place.slot, place.position, place.count, fresh, place.row);
            }
            NDArray queries = heads.queries(queryKeyValue, rows);
            List<NDArray> keys = visible[layer].keys();
            NDArray values = visible[layer].values();
            return new QueriesKeysValues(
                    queries,
                    inBlocks
                            ? keys
                            : List.of(Heads.joined(keys, values.getShape().get(2))),
                    values);
        }
    }
}
