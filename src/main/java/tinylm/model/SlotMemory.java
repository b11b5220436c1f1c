package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Keys (S, N, H, D, P), in N blocks of P positions, and values (S, H, C, D) of S slots, per layer: as arrays that
/// a forward pass reads, and as the memory below them, where new ones are written. See [SlotCache].
final class SlotMemory {

    /// Positions of a block of keys at most.
    private static final int BLOCK = 32;

    /// One part in so many is few.
    private static final int FEW = 4;

    private final GptConfig config;
    private final NDManager manager;
    private final Layer[] layers;
    private final Map<Integer, Window> windows = new ConcurrentHashMap<>();
    private final int width; // E, which is H D
    private final int block; // P
    private final int blocks; // N
    private int slots;

    SlotMemory(NDManager manager, GptConfig config, int slots) {
        this.config = config;
        this.manager = manager;
        this.width = config.nHead() * config.headDim();
        Shape ofKeys = keys(config, slots);
        this.blocks = (int) ofKeys.get(1);
        this.block = (int) ofKeys.get(4);
        this.slots = slots;
        this.layers = new Layer[config.nLayer()];
        Arrays.setAll(layers, _ -> layer(slots));
    }

    /// What a layer's decodes or prefill may attend to: keys (rows, N, H, D, P) and values (rows, H, K, D).
    record KeysAndValues(NDArray keys, NDArray values) {}

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
            return (int) keys.getShape().get(0);
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

    private Layer layer(int rows) {
        return Layer.of(
                manager.zeros(keys(config, rows)),
                manager.zeros(new Shape(rows, config.nHead(), config.contextLength(), config.headDim())));
    }

    /// The shape of so many slots' keys, (S, N, H, D, P).
    static Shape keys(GptConfig config, int slots) {
        int block = Math.min(BLOCK, config.contextLength());
        int blocks = Math.ceilDiv(config.contextLength(), block);
        return new Shape(slots, blocks, config.nHead(), config.headDim(), block);
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
                layer.keys().close();
                layer.values().close();
            }
        }
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
                    return new Window(to, span, views(manager, from, to, span));
                })
                .layers;
    }

    KeysAndValues[] views(NDManager owner, int from, int to, int span) {
        return Arrays.stream(layers)
                .map(layer -> new KeysAndValues(
                        view(layer.keys, 1, owner, from, to, blocks(to - from, span, blocks, block)),
                        view(layer.values, 2, owner, from, to, span)))
                .toArray(KeysAndValues[]::new);
    }

    /// How many blocks of keys to read for `span` positions. The product copies them when they are some of many
    /// slots', which is dearer than reading all, unless they are few.
    static long blocks(int slots, int span, long blocks, long block) {
        long needed = Math.ceilDiv(span, block);
        return slots == 1 || needed <= blocks / FEW ? needed : blocks;
    }

    /// The first `count` of an axis, which is that of blocks or positions.
    private static NDArray view(NDArray cache, int axis, NDManager owner, int from, int to, long count) {
        try (NDArray ofSlots = Torch.slice(cache, 0, from, to)) {
            NDArray view = Torch.slice(ofSlots, axis, 0, count); // (rows, N, H, D, P) or (rows, H, K, D)
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
        FloatBuffer keys = layers[layer].keyView;
        FloatBuffer values = layers[layer].valueView;
        int source = (3 * row + 1) * width; // queries come first
        for (int t = 0; t < count; t++) {
            int at = position + t;
            int target = (slot * blocks + at / block) * width * block + at % block; // (N, H, D, P)
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

    /// Exchanges the contents of two slots.
    void swap(int a, int b) {
        MemorySegment aside = MemorySegment.ofArray(new byte[4 * blocks * block * width]); // keys, the larger
        for (Layer layer : layers) {
            for (MemorySegment memory : new MemorySegment[] {layer.keyMemory, layer.valueMemory}) {
                long bytes = memory.byteSize() / layer.slots(); // not all layers have grown when there was no memory
                MemorySegment.copy(memory, a * bytes, aside, 0, bytes);
                MemorySegment.copy(memory, b * bytes, memory, a * bytes, bytes);
                MemorySegment.copy(aside, 0, memory, b * bytes, bytes);
            }
        }
    }
}
