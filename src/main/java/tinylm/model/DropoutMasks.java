package tinylm.model;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Dropout whose masks are a function of (seed, step, how manieth mask of the step, element), so that a resumed run
/// drops what the interrupted one would have dropped.
///
/// The engine draws its random numbers on one thread, which makes a training step two thirds longer. A counter-based
/// generator (MurmurHash3's finaliser, Appleby 2011, with half of the key before it and half inside it) lets each
/// thread draw those of its own rows, and is arithmetic on ints alone, of which the compiler makes vector instructions.
///
/// The masks' memory is lent to the autograd graph and used again from the next [#begin] on: begin only after
/// `backward`. Owned by the thread that trains.
public final class DropoutMasks implements Dropout {

    private static final int BLOCK = 4096; // numbers that are drawn at a time, for two elements each
    private static final int[] COUNT = IntStream.range(0, BLOCK).toArray();

    private final long seed;
    private final int threshold; // of 65,536
    private final int kept; // bits of what an element that stays is multiplied by
    private final List<ByteBuffer> memory = new ArrayList<>();
    private long key;
    private int next;

    /// @param probability of dropping an element, in (0, 1), resolved to 1/65,536
    public DropoutMasks(double probability, long seed) {
        if (!(probability > 0 && probability < 1)) {
            throw new IllegalArgumentException("the probability must be above 0 and below 1, but is " + probability);
        }
        this.seed = seed;
        this.threshold = (int) Math.min(65535, Math.round(probability * 65536));
        this.kept = Float.floatToRawIntBits(65536f / (65536 - threshold));
    }

    /// Starts the masks of one forward pass: micro-batch `part` of `step`.
    public void begin(long step, int part) {
        key = mix(mix(seed + 0x5DEECE66DL) + mix(step) + 31L * part);
        next = 0;
    }

    @Override
    public NDArray apply(NDArray x) {
        int size = Math.toIntExact(x.getShape().size());
        ByteBuffer mask = memory(next, size);
        fill(mask.asIntBuffer(), size, mix(key + next));
        next++;
        return x.mul(x.getManager().create(mask, x.getShape(), x.getDataType()));
    }

    private ByteBuffer memory(int index, int size) {
        if (index == memory.size()) {
            memory.add(null);
        }
        ByteBuffer buffer = memory.get(index);
        if (buffer == null || buffer.capacity() < size * 4) {
            // alignedSlice rounds the end down as it rounds the start up
            buffer = ByteBuffer.allocateDirect((size * 4 + 63) / 64 * 64 + 64).alignedSlice(64);
            memory.set(index, buffer);
        }
        return buffer.slice(0, size * 4).order(ByteOrder.nativeOrder());
    }

    private void fill(IntBuffer mask, int size, long maskKey) {
        int[] low = new int[BLOCK];
        int[] high = new int[BLOCK];
        for (int from = 0; from < size; from += 2 * BLOCK) {
            draw(from / 2 + (int) maskKey, (int) (maskKey >>> 32), threshold, kept, low, high);
            mask.put(from, low, 0, Math.min(BLOCK, size - from));
            int middle = Math.min(size, from + BLOCK);
            mask.put(middle, high, 0, Math.min(BLOCK, size - middle));
        }
    }

    /// The compiler makes vector instructions of this; of `first + i` in place of `first + COUNT[i]`, it does not.
    private static void draw(int first, int key, int threshold, int kept, int[] low, int[] high) {
        for (int i = 0; i < BLOCK; i++) {
            int bits = first + COUNT[i];
            bits = (bits ^ bits >>> 16) * 0x85EBCA6B + key;
            bits = (bits ^ bits >>> 13) * 0xC2B2AE35;
            bits ^= bits >>> 16;
            low[i] = (threshold - 1 - (bits & 0xFFFF)) >> 31 & kept; // 0 below the threshold
            high[i] = (threshold - 1 - (bits >>> 16)) >> 31 & kept;
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
