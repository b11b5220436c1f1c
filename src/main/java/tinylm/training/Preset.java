package tinylm.training;

import java.util.List;
import tinylm.model.GptConfig;

/// Configs worth starting from.
public enum Preset {
    /// A minute; visibly learns.
    DEMO(new TrainingConfig(
            GptConfig.SMALL.withDropout(0),
            600,
            16,
            OptimizerKind.MUON,
            2e-3,
            0.01,
            0.1,
            1,
            0.02,
            DecayShape.LINEAR,
            List.of(new Stage(32, 0.25), new Stage(64, 0.5)),
            200,
            1)),
    /// A few minutes.
    SMALL(new TrainingConfig(
            GptConfig.SMALL.withDropout(0),
            2000,
            16,
            OptimizerKind.MUON,
            2e-3,
            0.01,
            0.1,
            1,
            0.02,
            DecayShape.LINEAR,
            List.of(new Stage(32, 0.25), new Stage(64, 0.5)),
            250,
            1)),
    /// The shipped model's.
    DEFAULT(new TrainingConfig(
            GptConfig.DEFAULT,
            2400,
            8,
            OptimizerKind.MUON,
            2e-3,
            0.01,
            0.1,
            1,
            0.02,
            DecayShape.LINEAR,
            List.of(new Stage(64, 0.25), new Stage(128, 0.5)),
            200,
            1)),
    /// What the original tinylm does: AdamW alone, large batches, full windows. Hours.
    ORIGINAL(new TrainingConfig(
            GptConfig.DEFAULT,
            5000,
            64,
            OptimizerKind.ADAMW,
            3e-4,
            0.01,
            0.1,
            1,
            0.02,
            DecayShape.COSINE,
            List.of(),
            250,
            1));

    private final TrainingConfig config;

    Preset(TrainingConfig config) {
        this.config = config;
    }

    public TrainingConfig config() {
        return config;
    }
}
