package tinylm.inference;

/// Why a sequence ended well.
public enum FinishReason {
    /// a stop sequence was met
    STOP,
    /// all the wanted tokens are there
    LENGTH,
    /// nobody wants it any more
    CANCELLED
}
