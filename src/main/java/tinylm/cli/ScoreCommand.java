package tinylm.cli;

import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.model.Gpt;
import tinylm.model.Torch;
import tinylm.text.Corpus;
import tinylm.training.Evaluator;

/// `tinylm score`: the loss of a checkpoint by the protocol `val-full-C`.
@Command(
        name = "score",
        description = {
            "Prints the mean loss in nats per character over the last tenth of a corpus, cut into consecutive windows of"
                    + " the model's context length; every character after the first is scored exactly once.",
            "Takes any Hugging Face GPT-2 directory with tinylm's kind of tokenizer."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ScoreCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "A checkpoint, or a run's folder for its best. Default: data/checkpoint")
    private Path checkpoint = Home.CHECKPOINT;

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            description = "A UTF-8 text, or a name in data/corpora.json. Default: tinyshakespeare, downloaded once into"
                    + " data/runtime")
    private Path corpus;

    @Mixin
    private Threads threads;

    @Override
    public Integer call() {
        Checkpoint loaded = load();
        Corpus text = Corpus.read(Corpora.locate(corpus, spec.commandLine().getErr()), loaded.tokenizer());
        Torch.load(threads.count());
        try (var stop = new StopOnSignal();
                NDManager manager = NDManager.newBaseManager();
                Gpt model = loaded.model(manager)) {
            OptionalDouble loss = Evaluator.loss(manager, model, text.validationIds(), stop::requested);
            if (loss.isEmpty()) {
                return 1;
            }
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "%s %.6f%n",
                            Evaluator.protocol(loaded.config().contextLength()),
                            loss.getAsDouble());
            spec.commandLine()
                    .getErr()
                    .printf(
                            "nats per character over %,d characters of %s, %,d parameters%n",
                            text.validationIds().length - 1,
                            text.name(),
                            loaded.config().parameterCount());
            return 0;
        }
    }

    private Checkpoint load() {
        if (Files.isRegularFile(checkpoint.resolve("config.json"))
                && !Files.exists(checkpoint.resolve("tinylm.json"))) {
            spec.commandLine().getErr().println(checkpoint + " has no tinylm.json, so nothing vouches for it.");
            return Checkpoints.loadUnvouched(checkpoint);
        }
        return Checkpoints.load(checkpoint);
    }
}
