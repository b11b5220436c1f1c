package tinylm.runs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tinylm.model.GptConfig;
import tinylm.training.TrainingConfig;

/// How long a run still takes, from how long it took so far: steps with longer windows cost more, because attention
/// looks at more, and evaluations cost something, too.
public final class EtaEstimator {

    /// Training multiplies three times as much as an evaluation: forward, and backward for activations and weights.
    private static final double EVALUATION = 1.0 / 3;

    /// So much longer than to the mark before.
    private static final double NEXT_MARK = 1.01;

    private record Mark(double seconds, double work) {}

    private final TrainingConfig config;
    private final long from;
    private final double evaluation;
    private final double all;
    private final List<Mark> marks = new ArrayList<>();

    /// @param from the step that the run goes on after
    /// @param validationCharacters that each evaluation scores
    public EtaEstimator(TrainingConfig config, long from, int validationCharacters) {
        this.config = config;
        this.from = from;
        this.evaluation = EVALUATION
                * validationCharacters
                / config.charactersPerStep()
                * perCharacter(config.model(), config.model().contextLength());
        this.all = stepsUntil(config.steps()) + evaluationsUntil(config.steps());
    }

    /// To be told every step, in order; empty before the second one, for the first is slow.
    ///
    /// @param seconds at the step's end, of any clock
    public Optional<Eta> at(long step, double seconds) {
        var now = new Mark(seconds, stepsUntil(step) + evaluationsUntil(step - 1));
        if (marks.isEmpty()) {
            marks.add(now);
            return Optional.empty();
        }
        double first = marks.getFirst().seconds();
        double whole = left(marks.getFirst(), now);
        double half = left(since(first + (seconds - first) / 2), now);
        double quarter = left(since(first + (seconds - first) * 3 / 4), now);
        if (seconds - first > (marks.getLast().seconds() - first) * NEXT_MARK) {
            marks.add(now);
        }
        return Optional.of(
                new Eta(whole, Math.min(whole, Math.min(half, quarter)), Math.max(whole, Math.max(half, quarter))));
    }

    private double left(Mark since, Mark now) {
        return (all - now.work()) * (now.seconds() - since.seconds()) / (now.work() - since.work());
    }

    /// The last mark that is not after a time.
    private Mark since(double time) {
        int low = 0;
        int high = marks.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (marks.get(middle).seconds() <= time) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return marks.get(low);
    }

    private double stepsUntil(long end) {
        double sum = 0;
        long at = from;
        for (var stage : config.curriculum()) {
            long stageEnd = Math.min(end, (long) Math.ceil(stage.until() * config.steps()));
            sum += Math.max(0, stageEnd - at) * perCharacter(config.model(), stage.contextLength());
            at = Math.max(at, stageEnd);
        }
        return sum + (end - at) * perCharacter(config.model(), config.model().contextLength());
    }

    private double evaluationsUntil(long end) {
        long interval = config.evaluationInterval();
        long last = end == config.steps() && end % interval != 0 ? 1 : 0;
        return (end / interval - from / interval + last) * evaluation;
    }

    /// Multiplications for a character: 12 E^2 in a block's matrices, 2 E for each position that attention sees.
    private static double perCharacter(GptConfig model, int context) {
        double width = model.nEmbd();
        return model.nLayer() * (12 * width * width + 2 * width * context) + model.vocabSize() * width;
    }
}
