package tinylm.card;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;

/// What a run's folder holds, every byte verified.
///
/// @param refused a sentence for each checkpoint that does not verify; nothing of the server's folders is in it
record SavedCheckpoints(Optional<Checkpoint> best, Optional<Checkpoint> last, List<String> refused) {

    static SavedCheckpoints in(Path directory) {
        var refused = new ArrayList<String>();
        var best = Checkpoints.best(directory, sentence -> refused.add(within(directory, sentence)));
        return new SavedCheckpoints(best, Checkpoints.newest(directory, _ -> {}), refused);
    }

    static String within(Path directory, String sentence) {
        return sentence.replace(directory.toAbsolutePath() + "/", "");
    }
}
