package tinylm.inference;

import tinylm.model.GptConfig;

/// The tensor side of a step: one model and its KV cache of `slots()` rows. Knows token ids and logits, nothing of
/// sequences or people. Owned by the engine thread; but [#prefill] and [#decode] may be called by several threads at
/// once, after [#reserve]: no two put tokens into the same slot.
public interface ModelRunner extends AutoCloseable {

    GptConfig config();

    /// Rows of the KV cache.
    int slots();

    /// Most tokens that a slot decodes in a step, at least 2.
    int mostDecoded();

    /// Makes room for the slots below `count`, if there is memory for them. Returns how many there is room for.
    int reserve(int count);

    /// Puts `ids` at the positions from `start` on of `slot`, attending to what the slot holds before, and returns
    /// the logits (V) after the last of them.
    float[] prefill(int slot, int start, int[] ids);

    /// One decode step: puts `ids[i]`, [#mostDecoded] tokens at most, at the positions from `starts[i]` on of
    /// slot `from + i`, and returns for each slot the logits (V) after each of its tokens. A slot without tokens
    /// stays as it is. The logits depend, bit for bit, neither on the other slots nor on how many tokens are
    /// decoded at once.
    float[][][] decode(int from, int[][] ids, int[] starts);

    /// Exchanges the first tokens of two slots: `ofA` of a's, `ofB` of b's. What lies behind them is lost.
    void swap(int a, int b, int ofA, int ofB);

    @Override
    void close();
}
