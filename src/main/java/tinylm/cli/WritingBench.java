package tinylm.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import tinylm.checkpoint.Checkpoint;
import tinylm.inference.Engine;
import tinylm.inference.GenerationRequest;
import tinylm.inference.LoadedModel;
import tinylm.inference.SamplingParameters;
import tinylm.inference.TokenEvent;

/// How fast a model writes one text after the other, as `generate` does: steps, draws, and prefills when the window
/// slides. What it guesses ahead gets better as it writes, so its first characters and later ones are told apart.
final class WritingBench {

    private static final int CHARACTERS = 1_000; // of a text
    private static final int TEXTS = 20;

    private WritingBench() {}

    static void run(Checkpoint checkpoint, int threads, PrintWriter out, StopOnSignal stop) {
        rates(checkpoint, threads, stop); // so that the next writes with code that is compiled
        double[] rates = rates(checkpoint, threads, stop);
        if (stop.requested()) {
            return;
        }
        print("the first %,d".formatted(CHARACTERS), rates[0], threads, out);
        double[] later = Arrays.copyOfRange(rates, TEXTS / 2, TEXTS);
        Arrays.sort(later);
        print("after %,d".formatted(TEXTS / 2 * CHARACTERS), later[later.length / 2], threads, out);
    }

    private static void print(String which, double rate, int threads, PrintWriter out) {
        var name = "one text, %s, %d %s".formatted(which, threads, threads == 1 ? "thread" : "threads");
        out.printf("%-44s %8.2f ms %29.0f characters/s%n", name, 1e3 / rate, rate);
        out.flush();
    }

    private static double[] rates(Checkpoint checkpoint, int threads, StopOnSignal stop) {
        try (var model = LoadedModel.open(checkpoint, LoadedModel.Settings.alone(4, threads))) {
            double[] rates = new double[TEXTS];
            for (int text = 0; text < TEXTS && !stop.requested(); text++) {
                long began = System.nanoTime();
                write(model.engine(), SamplingParameters.defaults(text).withMaxTokens(CHARACTERS));
                rates[text] = CHARACTERS * 1e9 / (System.nanoTime() - began);
            }
            return rates;
        }
    }

    private static void write(Engine engine, SamplingParameters parameters) {
        var end = new CompletableFuture<TokenEvent>();
        engine.submit(GenerationRequest.of(new int[] {0}, parameters), event -> {
            switch (event) {
                case TokenEvent.Finished _, TokenEvent.Failed _ -> end.complete(event);
                default -> {}
            }
        });
        if (end.join() instanceof TokenEvent.Failed failed) {
            throw new IllegalStateException(failed.message());
        }
    }
}
