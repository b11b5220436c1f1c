package tinylm.runs;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tinylm.training.TrainingEvent;

/// What a worker tells the server, at least once a second: what happened since its last report. The same report may
/// come twice.
///
/// @param phase what the worker is doing
/// @param sentence for people, why it is in that phase; empty when it trains
/// @param memoryBytes resident memory of the process; 0 where the system does not say
/// @param backTo the step of the last good checkpoint, when the worker DIVERGED
public record Report(
        Phase phase,
        String sentence,
        long pid,
        long memoryBytes,
        Optional<Eta> eta,
        List<Step> steps,
        List<Evaluation> evaluations,
        List<Sample> samples,
        List<Kept> checkpoints,
        OptionalLong backTo) {

    public Report {
        steps = List.copyOf(steps);
        evaluations = List.copyOf(evaluations);
        samples = List.copyOf(samples);
        // workers of 0.1 told neither
        eta = eta == null ? Optional.empty() : eta;
        checkpoints = checkpoints == null ? List.of() : List.copyOf(checkpoints);
    }

    public enum Phase {
        TRAINING,
        /// Has saved, and waits.
        PAUSED,
        /// Has saved and ends because it was asked to.
        STOPPED,
        /// Has saved and ends because its machine wants it to.
        INTERRUPTED,
        SUCCEEDED,
        FAILED,
        /// Ends because the loss went astray, and has gone back to the last good checkpoint.
        DIVERGED
    }

    /// One optimizer update.
    ///
    /// @param seconds of training since the run began
    public record Step(
            long step,
            double loss,
            double learningRate,
            double gradientNorm,
            double charactersPerSecond,
            long memoryBytes,
            double seconds) {

        public static Step of(TrainingEvent.Stepped stepped, long memoryBytes, double seconds) {
            return new Step(
                    stepped.step(),
                    stepped.loss(),
                    stepped.learningRate(),
                    stepped.gradientNorm(),
                    stepped.charactersPerSecond(),
                    memoryBytes,
                    seconds);
        }
    }

    /// @param trainLoss mean since the last evaluation; absent where a resumed checkpoint does not tell
    public record Evaluation(long step, OptionalDouble trainLoss, double validationLoss, double seconds) {}

    /// Text that the model wrote.
    public record Sample(long step, String text) {}

    /// A checkpoint in the run's [History].
    ///
    /// @param validationLoss absent at the run's beginning
    /// @param sha256 of the weights
    public record Kept(long step, OptionalDouble validationLoss, String sha256) {}

    /// What a worker hears.
    public record Answer(Wanted wanted) {}
}
