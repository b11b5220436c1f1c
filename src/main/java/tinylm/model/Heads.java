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
        return byHead(Torch.slice(Torch.first(queryKeyValue, 0, rows), 2, 0, (long) nHead * headDim));
    }

    /// The scores (rows, H, T, K) of queries (rows, H, T, D) over the first `count` of keys (rows, N, H, D, P).
    static NDArray scores(NDArray queries, NDArray keys, long count) {
        return joined(queries.expandDims(1).matMul(keys), count);
    }

    /// Blocks of P positions, (rows, N, H, X, P), as (rows, H, X, K), the first `count` positions of them.
    static NDArray joined(NDArray blocks, long count) {
        long block = blocks.getShape().get(4);
        NDArray seen = Torch.first(blocks, 1, Math.ceilDiv(count, block)).transpose(0, 2, 3, 1, 4);
        Shape shape = seen.getShape(); // (rows, H, X, N, P)
        long width = shape.get(3) * block;
        return Torch.first(seen.reshape(shape.get(0), shape.get(1), shape.get(2), width), 3, count);
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
