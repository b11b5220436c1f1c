package tinylm.runs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointException;
import tinylm.checkpoint.Checkpoints;
import tinylm.training.TrainingConfig;

/// What a run weighed at its beginning and at its evaluations, without the optimizer: for looking back, not for
/// resuming. A folder of checkpoints in the run's folder.
///
/// @param run its folder
public record History(Path run) {

    /// More would fill the disk: the default model's take 11 MB each.
    private static final int MOST = 100;

    /// Whether a step belongs into the history: the first, the last, and every evaluation of a run that has no more
    /// than a hundred, else as many of them.
    public static boolean holds(TrainingConfig config, long step) {
        long evaluations = config.steps() / config.evaluationInterval();
        long each = (evaluations + MOST - 1) / MOST * config.evaluationInterval();
        return step == config.steps() || step % Math.max(each, config.evaluationInterval()) == 0;
    }

    /// Copies a checkpoint into the history, whole or not at all, unless it is there.
    ///
    /// @throws CheckpointException when the disk refuses
    public Checkpoint keep(Checkpoint checkpoint) {
        var place = directory(checkpoint.manifest().orElseThrow().step());
        return Files.exists(place) ? Checkpoints.load(place) : Checkpoints.export(checkpoint, place);
    }

    /// The checkpoint of a step, verified.
    ///
    /// @throws CheckpointException when it is corrupt
    public Optional<Checkpoint> find(long step) {
        var place = directory(step);
        return Files.isDirectory(place) ? Optional.of(Checkpoints.load(place)) : Optional.empty();
    }

    /// Forgets what came after a step.
    ///
    /// @throws CheckpointException when the disk refuses
    public void goBack(long step) {
        Checkpoints.removeAfter(folder(), step);
    }

    /// @throws CheckpointException when the disk refuses
    void clear() {
        Checkpoints.clear(folder());
    }

    /// A step's checkpoint within the run's folder.
    public static String name(long step) {
        return String.format(Locale.ROOT, "history/step-%09d", step);
    }

    private Path folder() {
        return run.resolve("history");
    }

    private Path directory(long step) {
        return run.resolve(name(step));
    }
}
