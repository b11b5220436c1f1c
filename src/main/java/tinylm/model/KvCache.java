package tinylm.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/// What the new positions of a forward pass stand on: where they are, and which keys and values they may attend to.
/// One forward serves training ([FullSequence]) and generation ([SlotCache]); only this argument differs.
public interface KvCache {

    /// Indices into the position embedding, int64, (T) or (B, T).
    NDArray positions();

    /// Takes queries, keys and values of the new positions side by side, (B, T, 3E), and returns their queries, and
    /// the keys and values that they may attend to. These may have fewer rows than the batch: what stands behind
    /// them only fills it up, attends to nothing, and comes out as whatever.
    QueriesKeysValues extend(int layer, NDArray queryKeyValue);

    /// Added to the scores (rows, H, T, K): 0 where position t may attend to k, minus infinity elsewhere.
    NDArray mask();

    /// @param queries (rows, H, T, D)
    /// @param keys transposed for the product with queries, in blocks of P positions: (rows, H, D, P) each or, of
    ///     a single row, (N, H, D, P) together. They may be more than K
    /// @param values (rows, H, K, D)
    record QueriesKeysValues(NDArray queries, List<NDArray> keys, NDArray values) {}
}
