package tinylm.training;

import java.util.Locale;

/// How a run came to its end.
public sealed interface Ending {

    /// All steps were done.
    record Completed() implements Ending {}

    /// The validation loss has not fallen any more for as long as the config is patient.
    record Plateaued(long step, long bestStep) implements Ending {}

    /// Somebody asked; what was done is saved, and the run can be resumed.
    record Stopped(long step) implements Ending {}

    /// The loss or the gradient is no number any more, or the loss is far above that of guessing. Earlier checkpoints
    /// are as they were.
    ///
    /// @param loss of the batch after `step` updates
    record Diverged(long step, double loss) implements Ending {

        /// What happened, for people.
        public String sentence() {
            return Double.isFinite(loss)
                    ? String.format(Locale.ROOT, "The loss is %.1f after step %d, far worse than guessing.", loss, step)
                    : "The loss is no number after step " + step + ".";
        }
    }
}
