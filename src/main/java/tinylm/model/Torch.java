package tinylm.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;

/// The few things of the PyTorch engine that DJL's public interface does not reach. No other class names the
/// engine.
public final class Torch {

    private Torch() {}

    /// Loads the engine's native libraries, unless they are loaded, and sets how many threads one operation may use
    /// in this process.
    public static void load(int threads) {
        Engine.getEngine("PyTorch");
        MatrixKernels.useAvx512();
        useThreads(threads);
    }

    /// The engine's version, for example `2.7.1`.
    public static String version() {
        return Engine.getEngine("PyTorch").getVersion();
    }

    /// Whether MKL was told to use AVX-512 in this process; loads the engine.
    public static boolean isToldAvx512() {
        Engine.getEngine("PyTorch");
        return MatrixKernels.useAvx512();
    }

    /// How many threads the next operations of the calling thread may use.
    public static void useThreads(int threads) {
        if (JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
    }

    public static int threads() {
        return JniUtils.getNumThreads();
    }

    /// Switches gradient recording on for the calling thread. (DJL's own collector allows one thread of all to record.)
    public static void recordGradients() {
        JniUtils.setGradMode(true);
    }

    /// Adds the gradient of a recorded scalar to each parameter that it comes from.
    public static void backward(NDArray loss) {
        JniUtils.backward((PtNDArray) loss, (PtNDArray) scalar(loss.getManager(), 1), false, false);
    }

    /// Switches gradient recording off for the calling thread. PyTorch has it on in every new thread.
    public static void recordNoGradients() {
        JniUtils.setGradMode(false);
    }

    /// Elements [from, to) of one axis, as a view of `array`.
    public static NDArray slice(NDArray array, int axis, long from, long to) {
        return JniUtils.slice((PtNDArray) array, axis, from, to, 1);
    }

    /// Elements from `from` on of one axis, as a view of `array`, or the array itself if that is all.
    static NDArray from(NDArray array, int axis, long from) {
        int which = axis < 0 ? axis + array.getShape().dimension() : axis;
        return from == 0 ? array : slice(array, which, from, array.getShape().get(which));
    }

    /// The first `count` elements of one axis, as a view of `array`, or the array itself if that is all.
    static NDArray first(NDArray array, int axis, long count) {
        return count == array.getShape().get(axis) ? array : slice(array, axis, 0, count);
    }

    /// The same elements with the last axis' ones side by side in memory, and so on: what products would copy each
    /// time.
    static NDArray contiguous(NDArray array) {
        return array.flatten().reshape(array.getShape());
    }

    /// The elements of a contiguous float32 array in place: what is written here is in the array.
    public static FloatBuffer view(NDArray array) {
        return array.toByteBuffer(true).asFloatBuffer();
    }

    /// A scalar whose memory is the engine's own, so that it may take part in a graph that needs gradients. (DJL's
    /// `mul(Number)` lends the graph a Java buffer and frees it before `backward` reads it.)
    public static NDArray scalar(NDManager manager, double value) {
        return manager.full(new Shape(), (float) value, DataType.FLOAT32);
    }

    /// Forgets the gradient that `backward` accumulated in a parameter.
    public static void zeroGradient(NDArray parameter) {
        JniUtils.zeroGrad((PtNDArray) parameter);
    }
}
