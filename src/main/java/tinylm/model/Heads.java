package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/// Takes queries, keys and values of all heads, which stand side by side in (B, T, 3E), apart.
public record Heads(int nHead, int headDim) {

    static Heads of(GptConfig config) {
        return new Heads(config.nHead(), config.headDim());
    }

    /// Queries, keys and values, (B, H, T, D) each.
    NDArray[] apart(NDArray queryKeyValue) {
        return queryKeyValue.split(3, 2).stream().map(this::byHead).toArray(NDArray[]::new); // (B, T, E) each
    }

    /// Queries (rows, H, T, D) of the first rows of the batch.
    NDArray queries(NDArray queryKeyValue, long rows) {
        NDArray first =
                rows == queryKeyValue.getShape().get(0) ? queryKeyValue : Torch.slice(queryKeyValue, 0, 0, rows);
        return byHead(Torch.slice(first, 2, 0, (long) nHead * headDim));
    }

    /// The heads' results (B, H, T, D) side by side again.
    NDArray join(NDArray attended) {
        Shape shape = attended.getShape();
        NDArray byPosition = shape.get(2) == 1 ? attended : attended.transpose(0, 2, 1, 3);
        return byPosition.reshape(shape.get(0), shape.get(2), (long) nHead * headDim); // (B, T, E)
    }

    private NDArray byHead(NDArray part) {
        Shape shape = part.getShape(); // (B, T, E)
        return shape.get(1) == 1
                ? part.reshape(shape.get(0), nHead, 1, headDim) // (B, H, T = 1, D)
                : part.reshape(shape.get(0), shape.get(1), nHead, headDim).transpose(0, 2, 1, 3); // (B, H, T, D)
    }
}
