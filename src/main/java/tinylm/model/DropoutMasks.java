package tinylm.model;

import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/// Dropout whose masks are a function of (seed, step, how manieth mask of the step, element), so that a resumed run
/// drops what the interrupted one would have dropped.
///
/// The engine draws its random numbers on one thread, which makes a training step two thirds longer; with a
/// counter-based generator (SplitMix64's finaliser, Steele et al. 2014) each thread draws those of its own rows, and a
/// step takes a fifth longer than without dropout.
///
/// The masks' memory is lent to the autograd graph and used again from the next [#begin] on: begin only after
/// `backward`. Owned by the thread that trains.
public final class DropoutMasks implements Dropout {

    private static final int BLOCK = 8192; // elements that one task fills at a time

    private final long seed;
    private final int threshold; // of 65,536
    private final float kept;
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
        this.kept = 65536f / (65536 - threshold);
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
        fill(mask.asFloatBuffer(), size, mix(key + next));
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

    private void fill(FloatBuffer mask, int size, long maskKey) {
        float[] values = new float[BLOCK];
        for (int from = 0; from < size; from += BLOCK) {
            for (int i = 0; i < BLOCK; i += 4) {
                long bits = mix(maskKey + from + i);
                values[i] = (bits & 0xFFFF) < threshold ? 0 : kept;
                values[i + 1] = (bits >>> 16 & 0xFFFF) < threshold ? 0 : kept;
                values[i + 2] = (bits >>> 32 & 0xFFFF) < threshold ? 0 : kept;
                values[i + 3] = (bits >>> 48) < threshold ? 0 : kept;
            }
            mask.put(from, values, 0, Math.min(BLOCK, size - from));
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
