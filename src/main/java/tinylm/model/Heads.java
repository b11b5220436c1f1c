package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/// Takes queries, keys and values of all heads, which stand side by side in (B, T, 3E), apart.
public record Heads(int nHead, int headDim) {

    static Heads of(GptConfig config) {
        return new Heads(config.nHead(), config.headDim());
    }

    NDArray queries(NDArray queryKeyValue) {
        return part(queryKeyValue, 0);
    }

    NDArray keys(NDArray queryKeyValue) {
        return part(queryKeyValue, 1);
    }

    NDArray values(NDArray queryKeyValue) {
        return part(queryKeyValue, 2);
    }

    /// The heads' results (B, H, T, D) side by side again.
    NDArray join(NDArray attended) {
        Shape shape = attended.getShape();
        NDArray byPosition = shape.get(2) == 1 ? attended : attended.transpose(0, 2, 1, 3);
        return byPosition.reshape(shape.get(0), shape.get(2), (long) nHead * headDim); // (B, T, E)
    }

    private NDArray part(NDArray queryKeyValue, int index) {
        Shape shape = queryKeyValue.getShape();
        long width = (long) nHead * headDim;
        NDArray part = Torch.slice(queryKeyValue, 2, index * width, (index + 1) * width); // (B, T, E)
        return shape.get(1) == 1
                ? part.reshape(shape.get(0), nHead, 1, headDim) // (B, H, T = 1, D)
                : part.reshape(shape.get(0), shape.get(1), nHead, headDim).transpose(0, 2, 1, 3); // (B, H, T, D)
    }
}
