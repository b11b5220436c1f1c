package tinylm.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tinylm.model.KvCache.KeysAndValues;

/// Keys (S, H, D, C) and values (S, H, C, D) of S sequences, one slot each, per layer. A forward pass gets a view of
/// it: [#prefill] one slot and several positions, [#decode] several slots and one position each.
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
    private final int slots;
    private final NDManager manager;
    private final Layer[] layers;
    private final Map<Integer, Window> windows = new ConcurrentHashMap<>();
    private int allocated;
    private final long rowBytes; // of one position of one head: D floats
    private final long headBytes; // of one head of one slot: C D floats

    public SlotCache(NDManager parent, GptConfig config, int slots) {
        this.config = config;
        this.slots = slots;
        this.manager = parent.newSubManager();
        this.rowBytes = 4L * config.headDim();
        this.headBytes = rowBytes * config.contextLength();
        this.layers = new Layer[config.nLayer()];
        this.allocated = Math.min(slots, FIRST_SLOTS);
        Arrays.setAll(layers, _ -> layer());
    }

    private record Layer(NDArray keys, NDArray values, MemorySegment keyMemory, MemorySegment valueMemory) {

        static Layer of(NDArray keys, NDArray values) {
            return new Layer(keys, values, memory(keys), memory(values));
        }

        /// Moves what this holds into a larger one, and frees it.
        Layer moveTo(Layer larger) {
            MemorySegment.copy(keyMemory, 0, larger.keyMemory, 0, keyMemory.byteSize());
            MemorySegment.copy(valueMemory, 0, larger.valueMemory, 0, valueMemory.byteSize());
            keys.close();
            values.close();
            return larger;
        }
    }

    private Layer layer() {
        return Layer.of(
                manager.zeros(new Shape(allocated, config.nHead(), config.headDim(), config.contextLength())),
                manager.zeros(new Shape(allocated, config.nHead(), config.contextLength(), config.headDim())));
    }

    /// Makes room for slot indices below `count`, twice as many as before at least.
    public void reserve(int count) {
        if (count > allocated) {
            windows.values().forEach(Window::close);
            windows.clear();
            allocated = Math.min(slots, Math.max(count, 2 * allocated));
            Arrays.setAll(layers, i -> layers[i].moveTo(layer()));
        }
    }

    /// What decodes of slots [from, to) see of positions [0, span), by layer.
    private record Window(int to, int span, KeysAndValues[] layers) {

        void close() {
            for (KeysAndValues layer : layers) {
                layer.keys().close();
                layer.values().close();
            }
        }
    }

    /// The same views as in the decode before, where they fit: for a single sequence, making them is a tenth of a step.
    private KeysAndValues[] window(int from, int to, int span) {
        return windows.compute(from, (_, last) -> {
                    if (last != null && last.to == to && last.span == span) {
                        return last;
                    }
                    if (last != null) {
                        last.close();
                    }
                    return new Window(to, span, views(manager, from, to, span));
                })
                .layers;
    }

    private KeysAndValues[] views(NDManager owner, int from, int to, int span) {
        return Arrays.stream(layers)
                .map(layer -> new KeysAndValues(
                        view(layer.keys, 3, owner, from, to, span), view(layer.values, 2, owner, from, to, span)))
                .toArray(KeysAndValues[]::new);
    }

    /// @param axis that of the positions
    private static NDArray view(NDArray cache, int axis, NDManager owner, int from, int to, int span) {
        try (NDArray ofSlots = Torch.slice(cache, 0, from, to)) {
            NDArray view = Torch.slice(ofSlots, axis, 0, span); // (rows, H, D, K) or (rows, H, K, D)
            view.attach(owner);
            return view;
        }
    }

    private static MemorySegment memory(NDArray array) {
        return MemorySegment.ofBuffer(array.toByteBuffer(true));
    }

    public int slots() {
        return slots;
    }

    /// New positions `start`, …, `start + length - 1` of one slot, after what it holds before.
    public KvCache prefill(NDManager step, int slot, int start, int length) {
        reserve(slot + 1);
        NDArray mask = step.zeros(new Shape(length, start + length)); // (T, K)
        FloatBuffer values = Torch.view(mask);
        for (int t = 0; t < length; t++) {
            hideAfter(values, t, start + length, start + t);
        }
        NDArray positions = step.arange(start, start + length, 1, DataType.INT64); // (T)
        int[] places = new int[length];
        Arrays.setAll(places, t -> start + t);
        int[] rows = new int[length];
        Arrays.fill(rows, slot);
        return new View(positions, mask, 1, views(step, slot, slot + 1, start + length), rows, places);
    }

    /// One new position for each of the slots `from` to `from + positions.length - 1`, in a batch of `batch` rows; a
    /// negative position leaves its slot as it is.
    public KvCache decode(NDManager step, int from, int[] positions, int batch) {
        int rows = positions.length;
        reserve(from + rows);
        int longest = Arrays.stream(positions).max().orElseThrow() + 1;
        int span = Math.min(config.contextLength(), Math.max(1, (longest + SPAN - 1) / SPAN) * SPAN);
        NDArray mask = step.zeros(new Shape(rows, 1, 1, span)); // (rows, 1, T = 1, K)
        FloatBuffer values = Torch.view(mask);
        long[] indices = new long[batch];
        int[] slotOf = new int[rows];
        for (int row = 0; row < rows; row++) {
            slotOf[row] = from + row;
            indices[row] = Math.max(0, positions[row]);
            hideAfter(values, row, span, (int) indices[row]);
        }
        NDArray wherever = step.create(indices, new Shape(batch, 1)); // (B, T = 1)
        return new View(wherever, mask, rows, window(from, from + rows, span), slotOf, positions);
    }

    private static void hideAfter(FloatBuffer mask, int row, int span, int position) {
        for (int k = position + 1; k < span; k++) {
            mask.put(row * span + k, Float.NEGATIVE_INFINITY);
        }
    }

    /// Exchanges the contents of two slots.
    public void swap(int a, int b) {
        reserve(Math.max(a, b) + 1);
        long bytes = headBytes * config.nHead();
        MemorySegment aside = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
        for (Layer layer : layers) {
            for (MemorySegment memory : new MemorySegment[] {layer.keyMemory, layer.valueMemory}) {
                MemorySegment.copy(memory, a * bytes, aside, 0, bytes);
                MemorySegment.copy(memory, b * bytes, memory, a * bytes, bytes);
                MemorySegment.copy(aside, 0, memory, b * bytes, bytes);
            }
        }
    }

    @Override
    public void close() {
        manager.close();
    }

    /// Some slots for one forward pass, whose new row i (of B T) belongs to position `places[i]` of slot `slotOf[i]`,
    /// or
    /// nowhere when that is negative.
    private final class View implements KvCache {

        private final NDArray positions;
        private final NDArray mask;
        private final int rows;
        private final KeysAndValues[] visible;
        private final int[] slotOf;
        private final int[] places;

        View(NDArray positions, NDArray mask, int rows, KeysAndValues[] visible, int[] slotOf, int[] places) {
            this.positions = positions;
            this.mask = mask;
            this.rows = rows;
            this.visible = visible;
            this.slotOf = slotOf;
            this.places = places;
        }

        @Override
        public NDArray positions() {
            return positions;
        }

        @Override
        public long rows() {
            return rows;
        }

        @Override
        public NDArray mask() {
            return mask;
        }

        @Override
        public KeysAndValues extend(int index, NDArray queryKeyValue) {
            Layer layer = layers[index];
            MemorySegment fresh = memory(queryKeyValue);
            long part = config.nHead() * rowBytes; // E floats: queries, then keys, then values
            for (int i = 0; i < places.length; i++) {
                if (places[i] >= 0) {
                    for (int head = 0; head < config.nHead(); head++) {
                        long source = 3 * i * part + head * rowBytes;
                        long target = (slotOf[i] * (long) config.nHead() + head) * headBytes;
                        for (int d = 0; d < config.headDim(); d++) {
                            float key = fresh.get(JAVA_FLOAT, source + part + 4L * d);
                            layer.keyMemory.set(
                                    JAVA_FLOAT, target + 4L * (d * (long) config.contextLength() + places[i]), key);
                        }
                        MemorySegment.copy(
                                fresh, source + 2 * part, layer.valueMemory, target + places[i] * rowBytes, rowBytes);
                    }
                }
            }
            return visible[index];
        }
    }
}
