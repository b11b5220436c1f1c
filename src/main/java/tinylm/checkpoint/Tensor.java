package tinylm.checkpoint;

import java.nio.FloatBuffer;
import java.util.Arrays;

/// Numbers at rest: a shape and its values, row by row.
///
/// The values are shared and never written; each call of `data()` gives a view with a position of its own.
///
/// @param shape lengths of the dimensions, each at least 1; empty for a single number
/// @param data as many values as the shape has places
public record Tensor(long[] shape, FloatBuffer data) {

    public Tensor {
        shape = shape.clone();
        data = data.slice().asReadOnlyBuffer();
        long size = size(shape);
        if (size != data.remaining()) {
            throw new IllegalArgumentException("A tensor of shape " + Arrays.toString(shape) + " has " + size
                    + " values, but " + data.remaining() + " were given");
        }
    }

    public static Tensor of(float[] values, long... shape) {
        return new Tensor(shape, FloatBuffer.wrap(values.clone()));
    }

    /// Number of values in a shape.
    ///
    /// @throws IllegalArgumentException when a length is below 1 or the product does not fit
    static long size(long[] shape) {
        long size = 1;
        for (long length : shape) {
            if (length < 1 || size > Long.MAX_VALUE / Float.BYTES / length) {
                throw new IllegalArgumentException("Shape " + Arrays.toString(shape)
                        + " is not one: each length must be at least 1 and their product must fit");
            }
            size *= length;
        }
        return size;
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    @Override
    public FloatBuffer data() {
        return data.duplicate();
    }

    /// A copy of the values.
    public float[] toArray() {
        var values = new float[data.remaining()];
        data.duplicate().get(values);
        return values;
    }

    /// Equal in shape and in every bit of every value (so NaN equals itself, and 0 is not -0).
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Tensor that) || !Arrays.equals(shape, that.shape)) {
            return false;
        }
        for (int i = 0; i < data.limit(); i++) {
            if (Float.floatToRawIntBits(data.get(i)) != Float.floatToRawIntBits(that.data.get(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = Arrays.hashCode(shape);
        for (int i = 0; i < data.limit(); i++) {
            hash = 31 * hash + Float.floatToRawIntBits(data.get(i));
        }
        return hash;
    }

    @Override
    public String toString() {
        return "Tensor" + Arrays.toString(shape);
    }
}
