package tinylm.training;

import java.nio.file.Path;

/// What happens in a run, told on the training thread to the listener that was passed down.
public sealed interface TrainingEvent {

    /// @param step updates done, this one included
    /// @param loss of the batch before the update, nats per character
    /// @param learningRate AdamW's, that the update used
    /// @param gradientNorm before the clip
    /// @param charactersPerSecond since the last update ended, evaluation and saves included
    record Stepped(long step, double loss, double learningRate, double gradientNorm, double charactersPerSecond)
            implements TrainingEvent {}

    /// @param trainLoss mean over the steps since the last evaluation
    /// @param validationLoss by `protocol`
    record Evaluated(long step, double trainLoss, double validationLoss, String protocol) implements TrainingEvent {}

    /// All that was told before is in the checkpoint that is written now: whoever resumes it does not hear it again.
    record Saving(long step) implements TrainingEvent {}

    record Saved(long step, Path directory) implements TrainingEvent {}
}
