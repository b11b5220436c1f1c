package tinylm.training;

/// How a run came to its end.
public sealed interface Ending {

    /// All steps were done.
    record Completed() implements Ending {}

    /// Somebody asked; what was done is saved, and the run can be resumed.
    record Stopped(long step) implements Ending {}

    /// The loss or the gradient is no number any more. Earlier checkpoints are as they were.
    record Diverged(long step) implements Ending {}
}
