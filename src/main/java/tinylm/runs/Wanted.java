package tinylm.runs;

/// What people want of a run; its worker hears it in the answer to each report.
public enum Wanted {
    GO_ON,
    /// Save, free the memory, and wait.
    PAUSE,
    /// Save and end.
    STOP,
    /// End; nothing of it is wanted any more.
    CANCEL
}
