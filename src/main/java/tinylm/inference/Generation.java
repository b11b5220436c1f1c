package tinylm.inference;

/// A sequence as seen by who asked for it.
public interface Generation {

    /// Ends the sequence before its next step; its listener hears `Finished(CANCELLED)`. Any thread; without effect
    /// once it has ended.
    void cancel();
}
