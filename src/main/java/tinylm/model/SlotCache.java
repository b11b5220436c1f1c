package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tinylm.model.SlotMemory.KeysAndValues;

/// Keys (S, H, D, C) and values (S, H, C, D) of S sequences, one slot each, per layer. A forward pass gets a view of
/// it: [#prefill] one slot and several positions, [#decode] several slots and one position each, [#decodeAhead] one
/// slot and several positions that are computed as decodes are.
///
/// Keys lie as their product with queries reads them: with 64 slots that takes half the time that it takes over
/// (S, H, C, D), transposed. New ones are copied from the projection's own memory into the cache's own memory, without
/// an NDArray operation.
/// Owned by one thread; but forward passes over different slots may run at the same time, after [#reserve].
public final class SlotCache implements AutoCloseable {

    /// Decode attends over a number of positions rounded up to this, so that few shapes occur; what lies behind a
    /// sequence's end is masked and adds exact zeros.
    private static final int SPAN = 64;

    /// Memory is taken for this many slots at first, and for more when they are used.
    private static final int FIRST_SLOTS = 32;

    private final GptConfig config;
    private final Heads heads;
    private final int slots;
    private final NDManager manager;
    private final SlotMemory memory;
    private final Map<Integer, Copies> copies = new ConcurrentHashMap<>();

    public SlotCache(NDManager parent, GptConfig config, int slots) {
        this.config = config;
        this.heads = Heads.of(config);
        this.slots = slots;
        this.manager = parent.newSubManager();
        this.memory = new SlotMemory(manager, config, Math.min(slots, FIRST_SLOTS));
    }

    /// A slot several times over, for positions that are decoded side by side. One product over all their queries
    /// would give other bits than a product for each.
    private static final class Copies {
        private final SlotMemory memory;
        private int held; // positions that are as in the slot

        Copies(SlotMemory memory) {
            this.memory = memory;
        }
    }

    /// Where keys and values of a row go.
    private record Place(int row, SlotMemory memory, int slot, int position) {}

    /// Makes room for slot indices below `count`, twice as many as before at least.
    public void reserve(int count) {
        if (count > memory.slots()) {
            memory.grow(Math.min(slots, Math.max(count, 2 * memory.slots())));
        }
    }

    public int slots() {
        return slots;
    }

    /// New positions `start`, …, `start + length - 1` of one slot, after what it holds before.
    public KvCache prefill(NDManager step, int slot, int start, int length) {
        reserve(slot + 1);
        changed(slot, start);
        NDArray mask = step.zeros(new Shape(length, start + length)); // (T, K)
        FloatBuffer values = Torch.view(mask);
        List<Place> places = new ArrayList<>();
        for (int t = 0; t < length; t++) {
            hideAfter(values, t, start + length, start + t);
            places.add(new Place(t, memory, slot, start + t));
        }
        NDArray positions = step.arange(start, start + length, 1, DataType.INT64); // (T)
        KeysAndValues[] visible = memory.views(step, slot, slot + 1, start + length);
        return new View(heads, positions, mask, 1, visible, places);
    }

    /// One new position for each of the slots `from` to `from + positions.length - 1`, in a batch of `batch` rows; a
    /// negative position leaves its slot as it is.
    public KvCache decode(NDManager step, int from, int[] positions, int batch) {
        reserve(from + positions.length);
        List<Place> places = new ArrayList<>();
        for (int row = 0; row < positions.length; row++) {
            if (positions[row] >= 0) {
                changed(from + row, positions[row]);
                places.add(new Place(row, memory, from + row, positions[row]));
            }
        }
        return decode(step, memory, from, positions, batch, places);
    }

    /// New positions `start`, …, `start + length - 1` of one slot in as many rows of a batch, each with the bits that
    /// [#decode] gives it after the others before it.
    public KvCache decodeAhead(NDManager step, int slot, int start, int length, int batch) {
        reserve(slot + 1);
        Copies side = copies.computeIfAbsent(slot, _ -> new Copies(new SlotMemory(manager, config, batch)));
        List<Place> places = new ArrayList<>();
        int[] positions = new int[length];
        for (int row = 0; row < length; row++) {
            positions[row] = start + row;
            places.add(new Place(row, memory, slot, start + row));
        }
        for (int copy = 0; copy < batch; copy++) {
            side.memory.copy(memory, slot, copy, Math.min(side.held, start), start);
            for (int row = 0; row < length; row++) {
                places.add(new Place(row, side.memory, copy, start + row));
            }
        }
        side.held = start + length;
        return decode(step, side.memory, 0, positions, batch, places);
    }

    private KvCache decode(NDManager step, SlotMemory seen, int from, int[] positions, int batch, List<Place> places) {
        int rows = positions.length;
        int longest = Arrays.stream(positions).max().orElseThrow() + 1;
        int span = Math.min(config.contextLength(), Math.max(1, (longest + SPAN - 1) / SPAN) * SPAN);
        NDArray mask = step.zeros(new Shape(rows, 1, 1, span)); // (rows, 1, T = 1, K)
        FloatBuffer values = Torch.view(mask);
        long[] indices = new long[batch];
        for (int row = 0; row < rows; row++) {
            indices[row] = Math.max(0, positions[row]);
            hideAfter(values, row, span, (int) indices[row]);
        }
        NDArray wherever = step.create(indices, new Shape(batch, 1)); // (B, T = 1)
        return new View(heads, wherever, mask, rows, seen.window(from, from + rows, span), places);
    }

    /// Notes that a slot gets something else at a position.
    private void changed(int slot, int position) {
        Copies side = copies.get(slot);
        if (side != null) {
            side.held = Math.min(side.held, position);
        }
    }

    private static void hideAfter(FloatBuffer mask, int row, int span, int position) {
        for (int k = position + 1; k < span; k++) {
            mask.put(row * span + k, Float.NEGATIVE_INFINITY);
        }
    }

    /// Exchanges the contents of two slots.
    public void swap(int a, int b) {
        reserve(Math.max(a, b) + 1);
        memory.swap(a, b);
        changed(a, 0);
        changed(b, 0);
    }

    @Override
    public void close() {
        manager.close();
    }

    /// Some slots for one forward pass.
    private record View(
            Heads heads, NDArray positions, NDArray mask, long rows, KeysAndValues[] visible, List<Place> places)
            implements KvCache {

        @Override
        public QueriesKeysValues extend(int layer, NDArray queryKeyValue) {
            FloatBuffer fresh = Torch.view(queryKeyValue);
            for (Place place : places) {
                place.memory.put(layer, place.slot, place.position, fresh, place.row);
            }
            NDArray queries = heads.queries(queryKeyValue, rows);
            return new QueriesKeysValues(queries, visible[layer].keys(), visible[layer].values());
        }
    }
}
