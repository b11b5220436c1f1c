package tinylm.card;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tinylm.runs.Environment;
import tinylm.runs.Report;
import tinylm.runs.Run;
import tinylm.runs.RunChange;
import tinylm.runs.Runs;
import tinylm.store.CheckpointStore;

/// Everything that a run's report card says.
///
/// @param seconds of training so far; 0 before the first step
/// @param samples the first, the middle and the last
/// @param environments of its workers, in order
/// @param now the end of a run that has none yet
record Card(
        Run run,
        List<RunChange> changes,
        Curve curve,
        double seconds,
        Optional<Report.Evaluation> best,
        Optional<Report.Evaluation> last,
        List<Report.Sample> samples,
        SavedCheckpoints checkpoints,
        List<Environment> environments,
        Instant now) {

    /// @throws tinylm.runs.RunRefused when there is no such run
    static Card of(Runs runs, String id, Instant now) {
        var run = runs.get(id);
        var directory = runs.read(id, name -> CheckpointStore.CHECKPOINTS.test(name) || name.equals(Environment.FILE));
        var evaluations = runs.evaluations(id, -1);
        var steps = runs.steps(id, run.progress().step() - 1);
        return new Card(
                run,
                runs.changes(id),
                Curve.of(runs, run),
                steps.isEmpty() ? 0 : steps.getLast().seconds(),
                evaluations.stream().min(Comparator.comparingDouble(Report.Evaluation::validationLoss)),
                evaluations.isEmpty() ? Optional.empty() : Optional.of(evaluations.getLast()),
                few(runs.samples(id, -1)),
                SavedCheckpoints.in(directory),
                Environment.of(directory),
                now);
    }

    private static List<Report.Sample> few(List<Report.Sample> all) {
        var few = new ArrayList<Report.Sample>();
        for (int at : new int[] {0, all.size() / 2, all.size() - 1}) {
            if (at >= 0 && at < all.size() && !few.contains(all.get(at))) {
                few.add(all.get(at));
            }
        }
        return few;
    }

    Reproduction reproduction() {
        return Reproduction.of(
                run,
                changes,
                environments.isEmpty()
                        ? OptionalInt.empty()
                        : OptionalInt.of(environments.getLast().threads()));
    }
}
