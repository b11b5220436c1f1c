package tinylm.card;

import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import tinylm.training.Stage;
import tinylm.training.TrainingConfig;

/// A value of a config that `./tinylm train` has an option for. The vocabulary is none: it is the corpus'.
enum Knob {
    STEPS("Steps", "--steps", TrainingConfig::steps),
    BATCH_SIZE("Batch size", "--batch-size", TrainingConfig::batchSize),
    OPTIMIZER("Optimizer", "--optimizer", config -> lower(config.optimizer())),
    LEARNING_RATE("Learning rate", "--learning-rate", TrainingConfig::learningRate),
    MUON_LEARNING_RATE("Muon's learning rate", "--muon-learning-rate", TrainingConfig::muonLearningRate),
    WEIGHT_DECAY("Weight decay", "--weight-decay", TrainingConfig::weightDecay),
    CLIP("Clip", "--clip", TrainingConfig::clip),
    WARMUP("Warm-up", "--warmup", TrainingConfig::warmup),
    DECAY("Decay", "--decay", config -> lower(config.decay())),
    CURRICULUM("Curriculum", "--curriculum", Knob::curriculum),
    DROPOUT("Dropout", "--dropout", config -> config.model().dropout()),
    CONTEXT("Context length", "--context", config -> config.model().contextLength()),
    LAYERS("Layers", "--layers", config -> config.model().nLayer()),
    HEADS("Heads", "--heads", config -> config.model().nHead()),
    WIDTH("Width", "--width", config -> config.model().nEmbd()),
    EVALUATE_EVERY("Steps between evaluations", "--evaluate-every", TrainingConfig::evaluationInterval),
    PATIENCE("Patience", "--patience", TrainingConfig::patience),
    SEED("Seed", "--seed", TrainingConfig::seed);

    private final String label;
    private final String option;
    private final Function<TrainingConfig, Object> value;

    Knob(String label, String option, Function<TrainingConfig, Object> value) {
        this.label = label;
        this.option = option;
        this.value = value;
    }

    String label() {
        return label;
    }

    String option() {
        return option;
    }

    /// As the option takes it, every digit of it.
    String value(TrainingConfig config) {
        return value.apply(config).toString();
    }

    private static String lower(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }

    private static String curriculum(TrainingConfig config) {
        return config.curriculum().isEmpty()
                ? "none"
                : config.curriculum().stream().map(Knob::stage).collect(Collectors.joining(","));
    }

    private static String stage(Stage stage) {
        return stage.contextLength() + ":" + stage.until();
    }
}
