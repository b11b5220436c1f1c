package tinylm.inference;

import tinylm.model.GptConfig;

/// The tensor side of a step: one model and its KV cache of `slots()` rows. Knows token ids and logits, nothing of
/// sequences or people. Owned by the engine thread; but [#prefill], [#decode] and [#decodeAhead] may be called by
/// several threads at once, each for other slots, after [#reserve].
public interface ModelRunner extends AutoCloseable {

    /// Position of a row that takes no part in a decode step.
    int IDLE = -1;

    /// Most tokens of [#decodeAhead]: as many as are computed anyway when there is one.
    int AHEAD = 4;

    GptConfig config();

    /// Rows of the KV cache; a multiple of 4.
    int slots();

    /// Makes room for the slots below `count`.
    void reserve(int count);

    /// Puts `ids` at the positions from `start` on of `slot`, attending to what the slot holds before, and returns
    /// the logits (V) after the last of them.
    float[] prefill(int slot, int start, int[] ids);

    /// One decode step: row i puts `ids[i]` at position `positions[i]` of slot `from + i` and gets logits (V). A
    /// row whose position is [#IDLE] leaves its slot untouched, and its logits are meaningless. The result of a
    /// row does not depend on the other rows, bit for bit.
    float[][] decode(int from, int[] ids, int[] positions);

    /// So many decode steps of one slot at once: puts `ids` at the positions from `start` on and returns the logits
    /// (V) after each, with the bits that one step after the other gives.
    float[][] decodeAhead(int slot, int start, int[] ids);

    /// Exchanges the contents of two slots.
    void swap(int a, int b);

    @Override
    void close();
}
