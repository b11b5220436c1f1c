package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/// Keys (N, S, H, D, P), in N blocks of P positions, and values (S, H, C, D) of S slots, per layer: as arrays that
/// a forward pass reads, and as the memory below them, where new ones are written. See [SlotCache].
final class SlotMemory {

    /// Positions of a block of keys at most.
    private static final int BLOCK = 32;

    private static final byte[] NOTHING = {};

    private final GptConfig config;
    private final NDManager manager;
    private final Layer[] layers;
    private final Map<Integer, Window> windows = new ConcurrentHashMap<>();
    private final int width; // E, which is H D
    private final int block; // P
    private int slots;

    SlotMemory(NDManager manager, GptConfig config, int slots) {
        this.config = config;
        this.manager = manager;
        this.width = config.nHead() * config.headDim();
        Shape ofKeys = keys(config, slots);
        this.block = (int) ofKeys.get(4);
        this.slots = slots;
        this.layers = new Layer[config.nLayer()];
        Arrays.setAll(layers, _ -> layer(slots));
    }

    /// What a layer's decodes or prefill may attend to: keys as in [KvCache] and values (rows, H, K, D).
    record KeysAndValues(List<NDArray> keys, NDArray values) {}

    private record Layer(
            NDArray keys,
            NDArray values,
            MemorySegment keyMemory,
            MemorySegment valueMemory,
            FloatBuffer keyView,
            FloatBuffer valueView) {

        static Layer of(NDArray keys, NDArray values) {
            return new Layer(keys, values, memory(keys), memory(values), Torch.view(keys), Torch.view(values));
        }

        int slots() {
            return (int) values.getShape().get(0);
        }

        int blocks() {
            return (int) keys.getShape().get(0);
        }

        /// Moves what this holds into a larger one, and frees it.
        Layer moveTo(Layer larger) {
            for (int n = 0; n < blocks(); n++) {
                MemorySegment.copy(
                        keyMemory,
                        n * keyMemory.byteSize() / blocks(),
                        larger.keyMemory,
                        n * larger.keyMemory.byteSize() / blocks(),
                        keyMemory.byteSize() / blocks());
            }
            MemorySegment.copy(valueMemory, 0, larger.valueMemory, 0, valueMemory.byteSize());
            keys.close();
            values.close();
            return larger;
        }
    }

    private Layer layer(int rows) {
        NDArray keys = manager.zeros(keys(config, rows));
        try {
            return Layer.of(
                    keys, manager.zeros(new Shape(rows, config.nHead(), config.contextLength(), config.headDim())));
        } catch (RuntimeException e) { // no memory
            keys.close();
            throw e;
        }
    }

    /// The shape of so many slots' keys, (N, S, H, D, P).
    static Shape keys(GptConfig config, int slots) {
        int block = Math.min(BLOCK, config.contextLength());
        int blocks = Math.ceilDiv(config.contextLength(), block);
        return new Shape(blocks, slots, config.nHead(), config.headDim(), block);
    }

    int slots() {
        return slots;
    }

    void grow(int count) {
        windows.values().forEach(Window::close);
        windows.clear();
        Arrays.setAll(layers, i -> layers[i].slots() < count ? layers[i].moveTo(layer(count)) : layers[i]);
        slots = count; // only now: where there was no memory for a layer, the next time tries again
    }

    /// What decodes of slots [from, to) see of positions [0, span), by layer.
    private record Window(int to, int span, KeysAndValues[] layers) {

        void close() {
            for (KeysAndValues layer : layers) {
                layer.keys().forEach(NDArray::close);
                layer.values().close();
            }
        }
    }

    /// Positions [0, span) of a slot by layer.
    KeysAndValues[] views(NDManager owner, int slot, int span) {
        return views(owner, slot, slot + 1, span, false);
    }

    /// Positions [0, span) of slots [from, to) by layer; the same views as the last time, where they fit: for a
    /// single sequence, making them is a tenth of a step.
    KeysAndValues[] window(int from, int to, int span) {
        return windows.compute(from, (_, last) -> {
                    if (last != null && last.to == to && last.span == span) {
                        return last;
                    }
                    if (last != null) {
                        last.close();
                    }
                    return new Window(to, span, views(manager, from, to, span, slots == 1));
                })
                .layers;
    }

    /// @param together the blocks of keys in one array, (N, H, D, P), of the only slot that there is: as they lie in
    ///     one piece then, their product is one, and a text alone is written a tenth faster
    private KeysAndValues[] views(NDManager owner, int from, int to, int span, boolean together) {
        int count = Math.ceilDiv(span, block);
        return Arrays.stream(layers)
                .map(layer -> new KeysAndValues(
                        together
                                ? List.of(blocks(layer.keys, owner, 0, 1, 0, count, 1))
                                : IntStream.range(0, count)
                                        .mapToObj(n -> blocks(layer.keys, owner, from, to, n, n + 1, 0))
                                        .toList(),
                        values(layer.values, owner, from, to, span)))
                .toArray(KeysAndValues[]::new);
    }

    /// Blocks [first, end) of slots [from, to), without one of the first two axes.
    private static NDArray blocks(NDArray keys, NDManager owner, int from, int to, int first, int end, int without) {
        try (NDArray ofSlots = Torch.slice(keys, 1, from, to);
                NDArray slice = Torch.slice(ofSlots, 0, first, end)) {
            NDArray view = slice.squeeze(without);
            view.attach(owner);
            return view;
        }
    }

    private static NDArray values(NDArray values, NDManager owner, int from, int to, int span) {
        try (NDArray ofSlots = Torch.slice(values, 0, from, to)) {
            NDArray view = Torch.slice(ofSlots, 2, 0, span); // (rows, H, K, D)
            view.attach(owner);
            return view;
        }
    }

    private static MemorySegment memory(NDArray array) {
        return MemorySegment.ofBuffer(array.toByteBuffer(true));
    }

    /// Takes keys and values of `count` positions of a layer's slot over from as many rows of queries, keys and
    /// values (…, 3E).
    void put(int layer, int slot, int position, int count, FloatBuffer queryKeyValue, int row) {
        int stride = layers[layer].slots(); // may be more than of others, when there was no memory
        FloatBuffer keys = layers[layer].keyView;
        FloatBuffer values = layers[layer].valueView;
        int source = (3 * row + 1) * width; // queries come first
        for (int t = 0; t < count; t++) {
            int at = position + t;
            int target = (at / block * stride + slot) * width * block + at % block; // (N, S, H, D, P)
            for (int i = 0; i < width; i++) {
                keys.put(target + i * block, queryKeyValue.get(source + 3 * t * width + i));
            }
        }
        for (int head = 0; head < config.nHead(); head++) {
            int place = ((slot * config.nHead() + head) * config.contextLength() + position) * config.headDim();
            for (int t = 0; t < count; t++) {
                int value = source + (3 * t + 1) * width + head * config.headDim();
                values.put(place + t * config.headDim(), queryKeyValue, value, config.headDim());
            }
        }
    }

    /// Exchanges the first positions of two slots: `ofA` of a's, `ofB` of b's. Where one has none, the other's are
    /// copied.
    void swap(int a, int b, int ofA, int ofB) {
        int most = Math.max(ofA, ofB);
        int row = config.headDim() * Float.BYTES;
        for (Layer layer : layers) {
            long size = (long) block * width * Float.BYTES;
            for (int n = 0; n * block < most; n++) {
                long first = (long) n * layer.slots() * size;
                swap(layer.keyMemory, first + a * size, first + b * size, ofA > n * block, ofB > n * block, size);
            }
            for (int head = 0; head < config.nHead(); head++) {
                long ofSlot = (long) config.contextLength() * row;
                long x = ((long) a * config.nHead() + head) * ofSlot;
                long y = ((long) b * config.nHead() + head) * ofSlot;
                swap(layer.valueMemory, x, y, ofA > 0, ofB > 0, (long) most * row);
            }
        }
    }

    /// Exchanges bytes from `x` on and from `y` on, or copies what is wanted of them.
    private static void swap(MemorySegment memory, long x, long y, boolean xWanted, boolean yWanted, long bytes) {
        MemorySegment atX = memory.asSlice(x, bytes);
        MemorySegment atY = memory.asSlice(y, bytes);
        byte[] aside = xWanted && yWanted ? atX.toArray(ValueLayout.JAVA_BYTE) : NOTHING;
        if (yWanted) {
            atX.copyFrom(atY);
        }
        if (aside.length > 0) {
            MemorySegment.copy(aside, 0, atY, ValueLayout.JAVA_BYTE, 0, aside.length);
        } else if (xWanted) {
            atY.copyFrom(atX);
        }
    }
}
