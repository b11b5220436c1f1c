package tinylm.training;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tinylm.model.GptConfig;

/// Configs worth starting from.
public enum Preset {
    DEMO("A minute or two; visibly learns.", recipe(GptConfig.SMALL, 0, 500, 16, 200)),

    SMALL("About five minutes.", recipe(GptConfig.SMALL, 0, 1800, 16, 200)),

    DEFAULT("About ten minutes.", recipe(GptConfig.DEFAULT, 0, 1700, 8, 200)),

    RECORD("About half an hour; the shipped model's, the lowest loss.", recipe(GptConfig.DEFAULT, 0.1, 6000, 8, 500)),

    ORIGINAL(
            "What the original tinylm does: AdamW alone, large batches, full windows. Hours.",
            new TrainingConfig(
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
                    0,
                    1));

    private final String about;
    private final TrainingConfig config;

    Preset(String about, TrainingConfig config) {
        this.about = about;
        this.config = config;
    }

    /// What equal-time trials found best: Muon, small batches, growing windows; no dropout unless the text is read so
    /// often that it would be learnt by heart.
    private static TrainingConfig recipe(
            GptConfig model, double dropout, int steps, int batchSize, int evaluationInterval) {
        int context = model.contextLength();
        return new TrainingConfig(
                model.withDropout(dropout),
                steps,
                batchSize,
                OptimizerKind.MUON,
                2e-3,
                0.01,
                0.1,
                1,
                0.02,
                DecayShape.LINEAR,
                List.of(new Stage(context / 4, 0.25), new Stage(context / 2, 0.5)),
                evaluationInterval,
                0,
                1);
    }

    /// The preset of that name, in any case.
    public static Optional<Preset> find(String name) {
        return Arrays.stream(values())
                .filter(preset -> preset.name().equalsIgnoreCase(name))
                .findFirst();
    }

    /// What it is and how long it takes on two cores, in a sentence.
    public String about() {
        return about;
    }

    public TrainingConfig config() {
        return config;
    }
}
