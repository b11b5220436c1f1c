package tinylm.inference;

import tinylm.model.GptConfig;

/// The tensor side of a step: one model and its KV cache of `slots()` rows. Knows token ids and logits, nothing of
/// sequences or people. Owned by the engine thread, which alone may call it.
public interface ModelRunner extends AutoCloseable {

    /// Position of a row that takes no part in a decode step.
    int IDLE = -1;

    GptConfig config();

    /// Rows of the KV cache; a multiple of 4.
    int slots();

    /// Puts `ids` at the positions from `start` on of `slot`, attending to what the slot holds before, and returns
    /// the logits (V) after the last of them.
    float[] prefill(int slot, int start, int[] ids);

    /// One decode step: row i puts `ids[i]` at position `positions[i]` of slot i and gets logits (V). A row
    /// whose position is [#IDLE] leaves its slot untouched, and its logits are meaningless. The arrays may be
    /// shorter than `slots()`: only slots 0 to `ids.length - 1` take part, so active sequences belong in the
    /// lowest slots. The result of a row does not depend on the other rows, bit for bit.
    float[][] decode(int[] ids, int[] positions);

    /// Exchanges the contents of two slots.
    void swap(int a, int b);

    @Override
    void close();
}
