package tinylm.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.Admission;
import tinylm.inference.Engine;
import tinylm.inference.GenerationRequest;
import tinylm.inference.Lease;
import tinylm.inference.LoadedModel;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;
import tinylm.inference.TokenEvent;
import tinylm.text.StreamDecoder;
import tinylm.text.UnknownCharacterException;

/// `tinylm generate`: one completion, character by character, on standard output; everything else on standard
/// error.
@Command(
        name = "generate",
        description = "Continues a prompt. The same checkpoint, prompt, options and seed give the same text.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GenerateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--prompt",
            defaultValue = "ROMEO:",
            description = "The text to continue, of the model's characters. Default: ${DEFAULT-VALUE}")
    private String prompt;

    @Option(
            names = "--tokens",
            defaultValue = "500",
            description = "Characters to write, at least 1. Default: ${DEFAULT-VALUE}")
    private int tokens;

    @Option(
            names = "--temperature",
            defaultValue = "0.8",
            description = "0 (always the likeliest) to 2. Default: ${DEFAULT-VALUE}")
    private double temperature;

    @Option(
            names = "--top-k",
            defaultValue = "40",
            description = "Keep the K likeliest; 0 keeps all. Default: ${DEFAULT-VALUE}")
    private int topK;

    @Option(
            names = "--top-p",
            defaultValue = "0.9",
            description =
                    "Keep the likeliest that together have this probability; 1 keeps all. Default: ${DEFAULT-VALUE}")
    private double topP;

    @Option(
            names = "--min-p",
            defaultValue = "0",
            description = "Keep those at least this fraction as likely as the likeliest. Default: ${DEFAULT-VALUE}")
    private double minP;

    @Option(
            names = "--repetition-penalty",
            defaultValue = "1",
            description = "Above 1 makes characters that occurred less likely. Default: ${DEFAULT-VALUE}")
    private double repetitionPenalty;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given several times")
    private List<String> stop = List.of();

    @Option(names = "--seed", description = "Makes the text repeatable. Default: a new one, printed at the end")
    private Long seed;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "A checkpoint, or a run's folder for its best. Default: data/checkpoint")
    private Path checkpoint = Home.CHECKPOINT;

    @Mixin
    private Threads threads;

    @Override
    public Integer call() throws Exception {
        Checkpoint loaded = Checkpoints.load(checkpoint);
        GenerationRequest request = request(loaded);
        PrintWriter out = spec.commandLine().getOut();
        out.print(prompt);
        out.flush();
        try (var stopping = new StopOnSignal();
                var model = LoadedModel.open(loaded, settings())) {
            return write(model.engine(), request, new StreamDecoder(loaded.tokenizer()), out, stopping);
        }
    }

    private LoadedModel.Settings settings() {
        return LoadedModel.Settings.alone(4, threads.count()).withExample(Home.EXAMPLE);
    }

    private GenerationRequest request(Checkpoint loaded) {
        try {
            int[] ids = loaded.tokenizer().encode(prompt);
            List<int[]> stops = new ArrayList<>();
            for (String text : stop) {
                stops.add(loaded.tokenizer().encode(text));
            }
            long chosen = seed == null ? ThreadLocalRandom.current().nextLong(1L << 32) : seed;
            var parameters = new SamplingParameters(temperature, topK, topP, minP, repetitionPenalty, chosen, tokens);
            return new GenerationRequest(Text.EMPTY.withPrompt(ids), stops, parameters, 0, new int[0], new Lease());
        } catch (SamplingParameters.OutOfRange e) {
            String option = e.parameter().equals("max_output_tokens")
                    ? "tokens"
                    : e.parameter().replace('_', '-');
            throw new ParameterException(
                    spec.commandLine(),
                    "--" + option + e.getMessage().substring(e.parameter().length()));
        } catch (UnknownCharacterException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private int write(
            Engine engine, GenerationRequest request, StreamDecoder decoder, PrintWriter out, StopOnSignal stopping)
            throws Exception {
        var done = new CompletableFuture<TokenEvent>();
        long[] times = new long[2]; // of the first token and of the latest
        var admission = engine.submit(request, event -> {
            switch (event) {
                case TokenEvent.Token token -> {
                    times[1] = System.nanoTime();
                    if (token.index() == 0) {
                        times[0] = times[1];
                    }
                    out.print(decoder.next(token.id()));
                    if (out.checkError()) {
                        throw new IllegalStateException("nobody reads this");
                    }
                }
                case TokenEvent.Finished _, TokenEvent.Failed _ -> done.complete(event);
                case TokenEvent.Accepted _, TokenEvent.Waiting _, TokenEvent.Started _ -> {}
            }
        });
        if (admission instanceof Admission.Accepted(var generation)) {
            stopping.onRequest(generation::cancel);
        }
        TokenEvent end = done.get();
        out.println();
        out.flush();
        return switch (end) {
            case TokenEvent.Finished finished -> {
                long count = finished.completionTokens();
                spec.commandLine()
                        .getErr()
                        .printf(
                                "%,d characters%s, seed %d%n",
                                count,
                                count < 2
                                        ? ""
                                        : ", %,.0f a second".formatted((count - 1) * 1e9 / (times[1] - times[0])),
                                request.parameters().seed());
                yield 0;
            }
            case TokenEvent.Failed failed ->
                throw new IllegalStateException(
                        out.checkError() ? "standard output cannot be written to any more" : failed.message());
            default -> throw new AssertionError("no end: " + end);
        };
    }
}
