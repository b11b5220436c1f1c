package tinylm.runs;

import java.util.OptionalDouble;
import tinylm.model.GptConfig;
import tinylm.training.TrainingConfig;

/// How long a run still takes, from how long it took so far: steps with longer windows cost more, because attention
/// looks at more.
public final class Eta {

    private final TrainingConfig config;
    private final long from;

    /// @param from the step at which the clock starts
    public Eta(TrainingConfig config, long from) {
        this.config = config;
        this.from = from;
    }

    /// Seconds until the last step; empty before the first.
    ///
    /// @param seconds since `from`
    public OptionalDouble at(long step, double seconds) {
        double done = work(from, step);
        return done == 0 ? OptionalDouble.empty() : OptionalDouble.of(seconds / done * work(step, config.steps()));
    }

    private double work(long first, long end) {
        double sum = 0;
        long at = first;
        for (var stage : config.curriculum()) {
            long stageEnd = Math.min(end, (long) Math.ceil(stage.until() * config.steps()));
            sum += Math.max(0, stageEnd - at) * perCharacter(config.model(), stage.contextLength());
            at = Math.max(at, stageEnd);
        }
        return sum + (end - at) * perCharacter(config.model(), config.model().contextLength());
    }

    /// Multiplications for a character: 12 E^2 in a block's matrices, 2 E for each position that attention sees.
    private static double perCharacter(GptConfig model, int context) {
        double width = model.nEmbd();
        return model.nLayer() * (12 * width * width + 2 * width * context) + model.vocabSize() * width;
    }
}
