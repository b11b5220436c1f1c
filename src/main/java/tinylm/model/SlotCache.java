package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/// Keys and values of S sequences, one slot each: (S, H, C, D) per layer. A forward pass gets a view of it:
/// [#prefill] one slot and several positions, [#decode] several slots and one position each.
///
/// Rows are written by plain memory copies into the arrays' own memory, which costs a tenth of indexed NDArray
/// writes. Owned by one thread.
public final class SlotCache implements AutoCloseable {

    /// Decode attends over a number of positions rounded up to this, so that few shapes occur; what lies behind a
    /// sequence's end is masked and adds exact zeros.
    private static final int SPAN = 64;

    private final GptConfig config;
    private final int slots;
    private final NDManager manager;
    private final NDArray[] keys;
    private final NDArray[] values;
    private final MemorySegment[] keyMemory;
    private final MemorySegment[] valueMemory;
    private final long headBytes; // of one head of one slot: C x D floats
    private final long rowBytes; // of one position of one head: D floats

    public SlotCache(NDManager parent, GptConfig config, int slots) {
        this.config = config;
        this.slots = slots;
        this.manager = parent.newSubManager();
        this.keys = new NDArray[config.nLayer()];
        this.values = new NDArray[config.nLayer()];
        this.keyMemory = new MemorySegment[config.nLayer()];
        this.valueMemory = new MemorySegment[config.nLayer()];
        this.rowBytes = 4L * config.headDim();
        this.headBytes = rowBytes * config.contextLength();
        Shape shape = new Shape(slots, config.nHead(), config.contextLength(), config.headDim());
        for (int layer = 0; layer < config.nLayer(); layer++) {
            keys[layer] = manager.zeros(shape);
            values[layer] = manager.zeros(shape);
            keyMemory[layer] = MemorySegment.ofBuffer(keys[layer].toByteBuffer(true));
            valueMemory[layer] = MemorySegment.ofBuffer(values[layer].toByteBuffer(true));
        }
    }

    public int slots() {
        return slots;
    }

    /// New positions `start`, …, `start + length - 1` of one slot, after what it holds at 0..start-1.
    public KvCache prefill(NDManager step, int slot, int start, int length) {
        int end = start + length;
        FullSequence full = FullSequence.of(step, start, length);
        NDArray mask =
                start == 0 ? full.mask() : step.zeros(new Shape(length, start)).concat(full.mask(), 1); // (T, K)
        return new View(full.positions(), mask, slot, slot + 1, end) {
            @Override
            void write(MemorySegment memory, MemorySegment rows) {
                for (int head = 0; head < config.nHead(); head++) {
                    long to = (slot * (long) config.nHead() + head) * headBytes + start * rowBytes;
                    MemorySegment.copy(rows, head * length * rowBytes, memory, to, length * rowBytes);
                }
            }
        };
    }

    /// One new position for each of the slots 0..positions.length-1; a negative position leaves its slot as it is.
    public KvCache decode(NDManager step, int[] positions) {
        int rows = positions.length;
        int longest = 0;
        for (int position : positions) {
            longest = Math.max(longest, position + 1);
        }
        int span = Math.min(config.contextLength(), (longest + SPAN - 1) / SPAN * SPAN);
        NDArray mask = step.zeros(new Shape(rows, 1, 1, span));
        FloatBuffer maskValues = Torch.view(mask);
        long[] indices = new long[rows];
        for (int row = 0; row < rows; row++) {
            indices[row] = Math.max(0, positions[row]);
            for (int k = (int) indices[row] + 1; k < span; k++) {
                maskValues.put(row * span + k, Float.NEGATIVE_INFINITY);
            }
        }
        NDArray wherever = step.create(indices, new Shape(rows, 1)); // (B, T = 1)
        return new View(wherever, mask, 0, rows, span) {
            @Override
            void write(MemorySegment memory, MemorySegment newRows) {
                for (int row = 0; row < rows; row++) {
                    if (positions[row] >= 0) {
                        for (int head = 0; head < config.nHead(); head++) {
                            long at = row * (long) config.nHead() + head;
                            long to = at * headBytes + positions[row] * rowBytes;
                            MemorySegment.copy(newRows, at * rowBytes, memory, to, rowBytes);
                        }
                    }
                }
            }
        };
    }

    /// Exchanges the contents of two slots.
    public void swap(int a, int b) {
        long bytes = headBytes * config.nHead();
        MemorySegment aside = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
        for (int layer = 0; layer < config.nLayer(); layer++) {
            for (MemorySegment memory : new MemorySegment[] {keyMemory[layer], valueMemory[layer]}) {
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

    /// Slots [from, to), positions [0, span) of the cache, for one forward pass.
    private abstract class View implements KvCache {

        private final NDArray positions;
        private final NDArray mask;
        private final int from;
        private final int to;
        private final int span;

        View(NDArray positions, NDArray mask, int from, int to, int span) {
            this.positions = positions;
            this.mask = mask;
            this.from = from;
            this.to = to;
            this.span = span;
        }

        /// Copies the new positions' rows (B, H, T, D) to where they belong.
        abstract void write(MemorySegment memory, MemorySegment rows);

        @Override
        public NDArray positions() {
            return positions;
        }

        @Override
        public NDArray mask() {
            return mask;
        }

        @Override
        public NDArray keys(int layer, NDArray k) {
            return extend(keys[layer], keyMemory[layer], k);
        }

        @Override
        public NDArray values(int layer, NDArray v) {
            return extend(values[layer], valueMemory[layer], v);
        }

        private NDArray extend(NDArray cache, MemorySegment memory, NDArray rows) {
            ByteBuffer contiguous = rows.toByteBuffer(true);
            write(memory, MemorySegment.ofBuffer(contiguous));
            NDArray slots = Torch.slice(cache, 0, from, to);
            slots.attach(rows.getManager());
            return Torch.slice(slots, 2, 0, span); // (B, H, K, D)
        }
    }
}
