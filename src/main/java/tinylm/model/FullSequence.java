package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.List;

/// No cache: all positions of a sequence at once, each attending to itself and those before it. For training and
/// evaluation.
public record FullSequence(NDArray positions, NDArray mask, Heads heads) implements KvCache {

    /// Positions `offset`, …, `offset + length - 1`, in arrays that belong to `manager`.
    public static FullSequence of(NDManager manager, GptConfig config, int offset, int length) {
        NDArray mask = manager.zeros(new Shape(length, length));
        FloatBuffer values = Torch.view(mask);
        for (int t = 0; t < length; t++) {
            for (int k = t + 1; k < length; k++) {
                values.put(t * length + k, Float.NEGATIVE_INFINITY);
            }
        }
        return new FullSequence(manager.arange(offset, offset + length, 1, DataType.INT64), mask, Heads.of(config));
    }

    @Override
    public QueriesKeysValues extend(int layer, NDArray queryKeyValue) {
        NDArray[] parts = heads.apart(queryKeyValue);
        return new QueriesKeysValues(parts[0], List.of(parts[1].transpose(0, 1, 3, 2)), parts[2]);
    }
}
