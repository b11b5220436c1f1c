package tinylm.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.model.GptConfig;
import tinylm.model.Torch;
import tinylm.text.Corpus;
import tinylm.training.DecayShape;
import tinylm.training.OptimizerKind;
import tinylm.training.Preset;
import tinylm.training.Stage;
import tinylm.training.Trainer;
import tinylm.training.TrainingConfig;

/// `tinylm train`: one run in the foreground.
@Command(
        name = "train",
        description =
                "Trains a model. Ctrl-C stops it with a checkpoint; --resume goes on from there to the same bits.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TrainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--preset",
            defaultValue = "default",
            description =
                    "default, small, demo or original; every option below overrides one value of it. Default: ${DEFAULT-VALUE}")
    private Preset preset;

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            description = "A UTF-8 text to learn. Default: tinyshakespeare, downloaded once into data/runtime")
    private Path corpus;

    @Option(names = "--out", paramLabel = "DIR", description = "The run's folder. Default: data/runtime/run")
    private Path out = Home.RUNTIME.resolve("run");

    @Option(
            names = "--resume",
            description =
                    "Go on from the newest checkpoint in the run's folder, with its own config; of the options below only --steps counts")
    private boolean resume;

    @Option(names = "--steps", description = "Optimizer updates. Default: the preset's")
    private Integer steps;

    @Option(names = "--batch-size", description = "Rows of full context per step. Default: the preset's")
    private Integer batchSize;

    @Option(names = "--optimizer", description = "muon or adamw, for the hidden matrices. Default: the preset's")
    private OptimizerKind optimizer;

    @Option(names = "--learning-rate", description = "AdamW's peak. Default: the preset's")
    private Double learningRate;

    @Option(names = "--muon-learning-rate", description = "Muon's peak. Default: the preset's")
    private Double muonLearningRate;

    @Option(names = "--weight-decay", description = "On matrices only. Default: the preset's")
    private Double weightDecay;

    @Option(names = "--clip", description = "Greatest gradient norm. Default: the preset's")
    private Double clip;

    @Option(names = "--warmup", description = "Share of the steps. Default: the preset's")
    private Double warmup;

    @Option(names = "--decay", description = "cosine (to a tenth) or linear (to zero). Default: the preset's")
    private DecayShape decay;

    @Option(
            names = "--curriculum",
            paramLabel = "C:SHARE",
            split = ",",
            description =
                    "Shorter windows at first, as 64:0.25,128:0.5; 'none' for full windows throughout. Default: the preset's")
    private List<String> curriculum;

    @Option(names = "--dropout", description = "In [0, 1). Default: the preset's")
    private Double dropout;

    @Option(names = "--context", description = "Context length. Default: the preset's")
    private Integer contextLength;

    @Option(names = "--layers", description = "Transformer blocks. Default: the preset's")
    private Integer layers;

    @Option(names = "--heads", description = "Attention heads; must divide the width. Default: the preset's")
    private Integer heads;

    @Option(names = "--width", description = "Width of the residual stream. Default: the preset's")
    private Integer width;

    @Option(
            names = "--evaluate-every",
            description = "Steps between evaluations, which also save. Default: the preset's")
    private Integer evaluationInterval;

    @Option(names = "--seed", description = "Of weights, batches and dropout. Default: the preset's")
    private Long seed;

    @Option(names = "--threads", description = "Threads of one operation. Default: all cores, ${DEFAULT-VALUE}")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Override
    public Integer call() {
        Torch.load(threads);
        var progress = new TrainingProgress(spec.commandLine().getErr());
        try (var stop = new StopOnSignal();
                Trainer trainer = resume ? resumed(progress) : started(progress)) {
            progress.begin(trainer);
            return progress.end(trainer.run(stop::requested), out);
        }
    }

    private Trainer started(TrainingProgress progress) {
        if (Checkpoints.newest(out, _ -> {}).isPresent()) {
            throw new IllegalArgumentException(
                    out + " holds a run already; go on with it by --resume, or name another folder with --out");
        }
        Corpus text = Corpus.read(Corpora.locate(corpus, spec.commandLine().getErr()));
        return Trainer.start(config(text.tokenizer().vocabSize()), text, out, progress::on);
    }

    private Trainer resumed(TrainingProgress progress) {
        Checkpoint newest = Checkpoints.newest(out, progress::refused)
                .orElseThrow(() -> new IllegalArgumentException(
                        out + " holds no checkpoint to resume from; start without --resume"));
        var provenance = newest.manifest().orElseThrow().provenance();
        Corpus text = Corpus.read(Corpora.locate(corpus, spec.commandLine().getErr()), newest.tokenizer());
        if (!text.sha256().equals(provenance.corpus().sha256())) {
            throw new IllegalArgumentException("the run in " + out + " learnt another text, "
                    + provenance.corpus().name() + " with SHA-256 "
                    + provenance.corpus().sha256() + "; name it with --corpus");
        }
        TrainingConfig saved = TrainingConfig.fromMap(provenance.trainingConfig());
        return Trainer.resume(steps == null ? saved : saved.withSteps(steps), text, out, progress::on, newest);
    }

    private TrainingConfig config(int vocabSize) {
        TrainingConfig base = preset.config();
        GptConfig model = base.model();
        try {
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
                    or(seed, base.seed()));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
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
}
