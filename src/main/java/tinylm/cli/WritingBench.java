package tinylm.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import tinylm.checkpoint.Checkpoint;
import tinylm.inference.Engine;
import tinylm.inference.GenerationRequest;
import tinylm.inference.LoadedModel;
import tinylm.inference.SamplingParameters;
import tinylm.inference.TokenEvent;

/// How fast a model writes texts, one after the other as `generate` does, or many at once: steps, draws, and prefills
/// when the window slides. What it guesses ahead gets better as it writes, so the first characters and later ones are
/// told apart.
final class WritingBench {

    private static final int CHARACTERS = 1_000; // of a text
    private static final int ROUNDS = 20;
    private static final int MANY = 64;
    private static final int SLIDE = 224; // characters from one slide of a window to the next

    private WritingBench() {}

    static void run(Checkpoint checkpoint, int threads, PrintWriter out, StopOnSignal stop) {
        rates(checkpoint, threads, 1, ROUNDS, stop); // so that the next writes with code that is compiled
        double[] alone = rates(checkpoint, threads, 1, ROUNDS, stop);
        double[] together = rates(checkpoint, threads, MANY, 2, stop);
        if (stop.requested()) {
            return;
        }
        print("one text, the first %,d".formatted(CHARACTERS), alone[0], threads, out);
        double[] later = Arrays.copyOfRange(alone, ROUNDS / 2, ROUNDS);
        Arrays.sort(later);
        print("one text, after %,d".formatted(ROUNDS / 2 * CHARACTERS), later[later.length / 2], threads, out);
        print("%d texts, after %,d".formatted(MANY, MANY * CHARACTERS), together[1], threads, out);
    }

    private static void print(String which, double rate, int threads, PrintWriter out) {
        var name = "%s, %d %s".formatted(which, threads, threads == 1 ? "thread" : "threads");
        out.printf("%-44s %8.2f ms %,29.0f characters/s%n", name, 1e3 / rate, rate);
        out.flush();
    }

    /// Characters a second in each round, in which so many texts are written at once.
    private static double[] rates(Checkpoint checkpoint, int threads, int texts, int rounds, StopOnSignal stop) {
        try (var model = LoadedModel.open(
                checkpoint, LoadedModel.Settings.alone(texts, threads).withExample(Home.EXAMPLE))) {
            double[] rates = new double[rounds];
            for (int round = 0; round < rounds && !stop.requested(); round++) {
                int first = round * texts;
                long began = System.nanoTime();
                IntStream.range(first, first + texts)
                        .mapToObj(seed -> write(
                                model.engine(),
                                SamplingParameters.defaults(seed).withMaxTokens(CHARACTERS)))
                        .toList()
                        .forEach(WritingBench::await);
                rates[round] = texts * CHARACTERS * 1e9 / (System.nanoTime() - began);
            }
            return rates;
        }
    }

    /// After a prompt of its own length, so that the windows of many do not slide in the same step.
    private static CompletableFuture<TokenEvent> write(Engine engine, SamplingParameters parameters) {
        var end = new CompletableFuture<TokenEvent>();
        engine.submit(GenerationRequest.of(new int[1 + (int) (37 * parameters.seed() % SLIDE)], parameters), event -> {
            switch (event) {
                case TokenEvent.Finished _, TokenEvent.Failed _ -> end.complete(event);
                default -> {}
            }
        });
        return end;
    }

    private static void await(CompletableFuture<TokenEvent> end) {
        if (end.join() instanceof TokenEvent.Failed failed) {
            throw new IllegalStateException(failed.message());
        }
    }
}
