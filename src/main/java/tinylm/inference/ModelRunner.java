package tinylm.inference;

import tinylm.model.GptConfig;

/// The tensor side of a step: one model and its KV cache of `slots()` rows. Knows token ids and logits, nothing of
/// sequences or people. Owned by the engine thread; but [#prefill] and [#decode] may be called by several threads at
/// once, each for other slots, after [#reserve].
public interface ModelRunner extends AutoCloseable {

    /// Position of a row that takes no part in a decode step.
    int IDLE = -1;

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

    /// Exchanges the contents of two slots.
    void swap(int a, int b);

    @Override
    void close();
}
