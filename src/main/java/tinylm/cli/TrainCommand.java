package tinylm.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.checkpoint.Provenance;
import tinylm.model.Torch;
import tinylm.text.Corpus;
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
            names = "--corpus",
            paramLabel = "FILE",
            description = "A UTF-8 text to learn, or a name in data/corpora.json. Default: tinyshakespeare, downloaded"
                    + " once into data/runtime")
    private Path corpus;

    @Option(names = "--out", paramLabel = "DIR", description = "The run's folder. Default: data/runtime/run")
    private Path out = Home.RUNTIME.resolve("run");

    @Option(
            names = "--resume",
            description = "Go on from the newest checkpoint in the run's folder, with its own config")
    private boolean resume;

    @Option(names = "--worker", hidden = true, description = "Works on the managed run in --out; the server starts it")
    private boolean worker;

    @Option(
            names = "--as-job",
            hidden = true,
            description = "A worker that keeps its log in the run's folder, and ends when it pauses")
    private boolean asJob;

    @Mixin
    private TrainingOptions options;

    @Mixin
    private Threads threads;

    @Override
    public Integer call() throws IOException {
        PrintWriter log = spec.commandLine().getErr();
        if (worker) {
            return Worker.run(out, threads.count(), log, asJob);
        }
        var progress = new TrainingProgress(log);
        if (resume && !Files.isDirectory(out)) {
            throw new IllegalArgumentException(nothingToResume());
        }
        Corpus text = Corpus.read(Corpora.locate(corpus, log));
        TrainingConfig fresh = usage(() -> options.config(text.tokenizer().vocabSize()));
        try (var stop = new StopOnSignal();
                var _ = RunLock.take(out)) {
            Torch.load(threads.count());
            try (Trainer trainer = resume ? resumed(text, progress) : started(fresh, text, progress)) {
                progress.begin(trainer);
                return progress.end(trainer.run(stop::requested), out);
            }
        }
    }

    private Trainer started(TrainingConfig config, Corpus text, TrainingProgress progress) {
        if (Checkpoints.newest(out, _ -> {}).isPresent()) {
            throw new IllegalArgumentException(
                    out + " holds a run already; go on with it by --resume, or name another folder with --out");
        }
        return Trainer.start(config, text, out, progress::on);
    }

    private Trainer resumed(Corpus text, TrainingProgress progress) {
        Checkpoint newest = Checkpoints.newest(out, progress::refused)
                .orElseThrow(() -> new IllegalArgumentException(nothingToResume()));
        Provenance provenance = newest.manifest().orElseThrow().provenance();
        if (!text.sha256().equals(provenance.corpus().sha256())) {
            throw new IllegalArgumentException("the run in " + out + " learnt another text, "
                    + provenance.corpus().name() + " with SHA-256 "
                    + provenance.corpus().sha256() + "; name it with --corpus");
        }
        TrainingConfig config = usage(() -> options.resumed(TrainingConfig.fromMap(provenance.trainingConfig())));
        if (config.steps() < provenance.step()) {
            throw new IllegalArgumentException("the run in " + out + " has done " + provenance.step()
                    + " steps already; --steps must be at least that, but is " + config.steps());
        }
        return Trainer.resume(config, text, out, progress::on, newest);
    }

    private String nothingToResume() {
        return out + " holds no checkpoint to resume from; start without --resume";
    }

    private <T> T usage(Supplier<T> config) {
        try {
            return config.get();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), TrainingOptions.named(e.getMessage()));
        }
    }
}
