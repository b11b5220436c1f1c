package tinylm.model;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/// (x - mean) / sqrt(variance + 1e-5) * gain + bias over the last axis (Ba, Kiros and Hinton 2016).
final class LayerNorm {

    private static final float EPSILON = 1e-5f;

    private final NDArray gain;
    private final NDArray bias;

    LayerNorm(String prefix, Map<String, NDArray> parameters) {
        gain = parameters.get(prefix + ".weight");
        bias = parameters.get(prefix + ".bias");
    }

    NDArray forward(NDArray x) {
        return ai.djl.nn.norm.LayerNorm.layerNorm(x, gain.getShape(), gain, bias, EPSILON)
                .singletonOrThrow();
    }
}
