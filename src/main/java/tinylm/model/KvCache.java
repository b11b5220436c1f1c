package tinylm.model;

import ai.djl.ndarray.NDArray;

/// What the new positions of a forward pass stand on: where they are, and which keys and values they may attend to.
/// One forward serves training ([FullSequence]) and generation ([SlotCache]); only this argument differs.
public interface KvCache {

    /// Indices into the position embedding, int64, (T) or (B, T).
    NDArray positions();

    /// Takes the keys (B, H, T, D) of the new positions and returns all keys (B, H, K, D) that they may attend to.
    NDArray keys(int layer, NDArray k);

    /// Takes the values (B, H, T, D) of the new positions and returns all values (B, H, K, D) that they may attend
    /// to.
    NDArray values(int layer, NDArray v);

    /// Added to the scores (B, H, T, K): 0 where position t may attend to k, minus infinity elsewhere.
    NDArray mask();
}
