package tinylm.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tinylm.model.GptConfig;
import tinylm.training.DecayShape;
import tinylm.training.OptimizerKind;
import tinylm.training.Preset;
import tinylm.training.Stage;
import tinylm.training.TrainingConfig;

/// What a run computes: a preset, and single values that override its own.
final class TrainingOptions {

    @Option(
            names = "--preset",
            description = "demo, small, default, record or original: the values in the table below. Default: default")
    private Preset preset;

    @Option(names = "--steps", description = "Optimizer updates")
    private Integer steps;

    @Option(names = "--batch-size", description = "Rows of full context per step")
    private Integer batchSize;

    @Option(names = "--optimizer", description = "muon or adamw, for the hidden matrices")
    private OptimizerKind optimizer;

    @Option(names = "--learning-rate", description = "AdamW's peak, above 0 and at most 1")
    private Double learningRate;

    @Option(names = "--muon-learning-rate", description = "Muon's peak, above 0 and at most 1")
    private Double muonLearningRate;

    @Option(names = "--weight-decay", description = "On matrices only, 0 to 10")
    private Double weightDecay;

    @Option(names = "--clip", description = "Greatest gradient norm")
    private Double clip;

    @Option(names = "--warmup", description = "Share of the steps, in [0, 1)")
    private Double warmup;

    @Option(names = "--decay", description = "cosine (to a tenth) or linear (to zero)")
    private DecayShape decay;

    @Option(
            names = "--curriculum",
            paramLabel = "C:SHARE",
            split = ",",
            description = "Shorter windows until a share of the steps, as 64:0.25,128:0.5; or none")
    private List<String> curriculum;

    @Option(names = "--dropout", description = "In [0, 1)")
    private Double dropout;

    @Option(names = "--context", description = "Context length")
    private Integer contextLength;

    @Option(names = "--layers", description = "Transformer blocks")
    private Integer layers;

    @Option(names = "--heads", description = "Attention heads; must divide the width")
    private Integer heads;

    @Option(names = "--width", description = "Width of the residual stream")
    private Integer width;

    @Option(names = "--evaluate-every", description = "Steps between evaluations, which also save")
    private Integer evaluationInterval;

    @Option(
            names = "--patience",
            description = "Evaluations without a lower validation loss until the run ends early; 0 for never")
    private Integer patience;

    @Option(names = "--seed", description = "Of weights, batches and dropout")
    private Long seed;

    /// @throws IllegalArgumentException when a value is out of its range or does not fit the others
    TrainingConfig config(int vocabSize) {
        TrainingConfig base = or(preset, Preset.DEFAULT).config();
        GptConfig model = base.model();
        return new TrainingConfig(
                new GptConfig(
                        vocabSize,
                        or(contextLength, model.contextLength()),
                        or(layers, model.nLayer()),
                        or(heads, model.nHead()),
                        or(width, model.nEmbd()),
                        or(dropout, model.dropout())),
                or(steps, base.steps()),
                or(batchSize, base.batchSize()),
                or(optimizer, base.optimizer()),
                or(learningRate, base.learningRate()),
                or(muonLearningRate, base.muonLearningRate()),
                or(weightDecay, base.weightDecay()),
                or(clip, base.clip()),
                or(warmup, base.warmup()),
                or(decay, base.decay()),
                curriculum == null ? base.curriculum() : stages(curriculum),
                or(evaluationInterval, base.evaluationInterval()),
                or(patience, base.patience()),
                or(seed, base.seed()));
    }

    /// A sentence about a config with its fields named as the options that set them.
    static String named(String sentence) {
        return sentence.replace("nHead", "--heads")
                .replace("nEmbd", "--width")
                .replace("nLayer", "--layers")
                .replace("contextLength", "--context");
    }

    /// A run's own config with the one thing that may change while it rests: how many steps it shall have.
    ///
    /// @throws IllegalArgumentException when more is asked for
    TrainingConfig resumed(TrainingConfig own) {
        if (Stream.of(
                        preset,
                        batchSize,
                        optimizer,
                        learningRate,
                        muonLearningRate,
                        weightDecay,
                        clip,
                        warmup,
                        decay,
                        curriculum,
                        dropout,
                        contextLength,
                        layers,
                        heads,
                        width,
                        evaluationInterval,
                        patience,
                        seed)
                .anyMatch(Objects::nonNull)) {
            throw new IllegalArgumentException(
                    "a resumed run keeps its own config; only --steps, --corpus, --out and --threads go with --resume");
        }
        return steps == null ? own : own.withSteps(steps);
    }

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }

    private static List<Stage> stages(List<String> texts) {
        List<Stage> stages = new ArrayList<>();
        for (String text : texts.equals(List.of("none")) ? List.<String>of() : texts) {
            String[] parts = text.split(":");
            try {
                stages.add(new Stage(Integer.parseInt(parts[0]), Double.parseDouble(parts[1])));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new IllegalArgumentException(
                        "a stage of the curriculum is written CONTEXT:SHARE, as 64:0.25, but is \"" + text + "\"");
            }
        }
        return stages;
    }

    /// The presets' values as a table, for the help.
    static String table() {
        StringBuilder table = new StringBuilder("%nDefaults%n".formatted());
        row(table, "", preset -> preset.name().toLowerCase(Locale.ROOT));
        row(
                table,
                "parameters",
                preset -> "%,d".formatted(preset.config().model().parameterCount()));
        row(table, "--steps", preset -> preset.config().steps());
        row(table, "--batch-size", preset -> preset.config().batchSize());
        row(table, "--optimizer", preset -> preset.config().optimizer().name().toLowerCase(Locale.ROOT));
        row(table, "--learning-rate", preset -> preset.config().learningRate());
        row(table, "--muon-learning-rate", preset -> preset.config().muonLearningRate());
        row(table, "--weight-decay", preset -> preset.config().weightDecay());
        row(table, "--clip", preset -> preset.config().clip());
        row(table, "--warmup", preset -> preset.config().warmup());
        row(table, "--decay", preset -> preset.config().decay().name().toLowerCase(Locale.ROOT));
        row(table, "--dropout", preset -> preset.config().model().dropout());
        row(table, "--context", preset -> preset.config().model().contextLength());
        row(table, "--layers", preset -> preset.config().model().nLayer());
        row(table, "--heads", preset -> preset.config().model().nHead());
        row(table, "--width", preset -> preset.config().model().nEmbd());
        row(table, "--evaluate-every", preset -> preset.config().evaluationInterval());
        row(table, "--patience", preset -> preset.config().patience());
        row(table, "--seed", preset -> preset.config().seed());
        Arrays.stream(Preset.values())
                .collect(Collectors.groupingBy(
                        preset -> curriculum(preset.config().curriculum()),
                        LinkedHashMap::new,
                        Collectors.mapping(preset -> preset.name().toLowerCase(Locale.ROOT), Collectors.joining(", "))))
                .forEach((stages, presets) -> table.append("  --curriculum %s in %s%n".formatted(stages, presets)));
        return table.toString();
    }

    private static String curriculum(List<Stage> stages) {
        return stages.isEmpty()
                ? "none"
                : stages.stream()
                        .map(stage -> stage.contextLength() + ":"
                                + Double.toString(stage.until()).replaceFirst("^0", ""))
                        .collect(Collectors.joining(","));
    }

    private static void row(StringBuilder table, String name, Function<Preset, Object> value) {
        table.append("  %-22s".formatted(name));
        for (Preset preset : Preset.values()) {
            table.append("%11s".formatted(value.apply(preset)));
        }
        table.append("%n".formatted());
    }
}
