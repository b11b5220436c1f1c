package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.List;

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

    /// The scores (rows, H, T, K) of queries (rows, H, T, D) over the first `count` of keys, which are in blocks of P
    /// positions, (rows, H, D, P) each or, of a single row, (N, H, D, P) together.
    static NDArray scores(NDArray queries, List<NDArray> keys, long count) {
        if (keys.size() > 1) {
            NDArray q = Torch.contiguous(queries); // once, and not for each block
            return joined(keys.stream().map(q::matMul).toList(), count);
        }
        NDArray scores = queries.matMul(keys.getFirst());
        Shape shape = scores.getShape();
        if (shape.get(0) > queries.getShape().get(0)) {
            NDArray inOrder = scores.transpose(1, 2, 0, 3); // (H, T, N, P)
            scores = inOrder.reshape(1, shape.get(1), shape.get(2), shape.get(0) * shape.get(3));
        }
        return Torch.first(scores, 3, count);
    }

    /// The first `count` positions of blocks (rows, H, X, P), side by side.
    static NDArray joined(List<NDArray> blocks, long count) {
        return Torch.first(NDArrays.concat(new NDList(blocks), 3), 3, count);
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
