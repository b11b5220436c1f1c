package tinylm.cli;

import io.vertx.core.Future;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tinylm.checkpoint.Checkpoints;

/// `tinylm bench --load`: a running server as its visitors see it. Each visitor asks, reads and asks again; what the
/// client itself uses of the processors is printed beside, since it may share them with the server.
final class LoadBench implements AutoCloseable {

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(20);
    private static final long ARRIVAL_MILLIS = 2_000;
    private static final long MOST_WARM_UP_MILLIS = 30_000;
    private static final long LOOK_MILLIS = 100;
    private static final long SETTLE_MILLIS = 1_000;
    private static final long MOST_SECONDS_OF_AN_ANSWER = 120;
    private static final int OPENED_AT_ONCE = 50;
    private static final int SAMPLES_A_MINUTE = 6;
    private static final String HEAD = "%-12s %12s %10s %6s  %19s  %26s %7s %7s%n";
    private static final String ROW = "%-12s %,12.0f %,10.1f %6s  %8.0f / %8.0f  %6.0f / %7.0f / %7.0f %7d %6.0f%%%n";

    private final LoadOptions options;
    private final PrintWriter out;
    private final LoadServer server;
    private final int[] alphabet;
    private final SplittableRandom random;
    private OptionalDouble one = OptionalDouble.empty();
    private String problem = "";

    LoadBench(LoadOptions options, PrintWriter out) {
        this.options = options;
        this.out = out;
        alphabet = Checkpoints.load(options.checkpoint()).tokenizer().codePoints();
        random = new SplittableRandom(options.seed());
        server = new LoadServer(options.url(), LoadOptions.key());
    }

    /// Returns the exit code: 1 if anything went wrong, with a sentence about the first.
    int run() throws IOException, InterruptedException {
        if (options.idle() > 0) {
            idle(options.idle()); // first: later the heap has grown, and would hide what they cost
        }
        if (options.soak() > 0) {
            for (int count : options.streams()) {
                soak(count);
            }
            return failOnProblem();
        }
        out.printf(HEAD, "", "characters/s", "per", "times", "first character ms", "between frames ms", "", "client");
        out.printf(HEAD, "streams", "in all", "stream", "one", "p50 / p99", "p50 / p99 / max", "errors", "CPU");
        for (int count : options.streams()) {
            steady(count);
            if (options.burst()) {
                burst(count);
            }
        }
        return failOnProblem();
    }

    private int failOnProblem() {
        if (!problem.isEmpty()) {
            throw new IllegalStateException(problem);
        }
        return 0;
    }

    /// The first half, in which the server's memory still grows, as the JVM compiles, is left out of the slope.
    private void soak(int count) throws IOException, InterruptedException {
        ServerMemory memory = ServerMemory.of(server, options.pid());
        var totals = new LoadSoak.Totals();
        List<LoadSoak> visitors = IntStream.range(0, count)
                .mapToObj(_ -> new LoadSoak(server, random.split(), alphabet, totals))
                .toList();
        visitors.forEach(visitor -> server.run(visitor::begin));
        List<Long> resident = new ArrayList<>();
        for (int sample = 1; sample <= options.soak() * SAMPLES_A_MINUTE; sample++) {
            server.await(TimeUnit.MINUTES.toMillis(1) / SAMPLES_A_MINUTE);
            if (2 * sample > options.soak() * SAMPLES_A_MINUTE) {
                resident.add(memory.kilobytes());
            }
        }
        onLoop(() -> visitors.forEach(visitor -> visitor.end(LONGEST_SILENCE)));
        Slope slope = Slope.of(resident);
        out.printf(
                "%d streams, %d min: %,d texts, %,d characters, %,d cancels, %,d resumes; %d differences, %d errors%n",
                count,
                options.soak(),
                totals.texts,
                totals.characters,
                totals.cancels,
                totals.resumes,
                totals.different,
                totals.errors);
        out.printf(
                "server's memory: %,.0f MB, slope %,.0f kB a minute, twice its standard error %,.0f%n",
                resident.getLast() / 1024.0, slope.perStep() * SAMPLES_A_MINUTE, 2 * slope.error() * SAMPLES_A_MINUTE);
        out.flush();
        if (totals.different + totals.errors > 0) {
            note("%d differences and %d errors in the soak, the first: %s"
                    .formatted(totals.different, totals.errors, totals.first));
        }
        if (totals.resumes == 0) {
            note("the soak was too short for a stream to be resumed");
        }
    }

    private void steady(int count) {
        var tally = new LoadTally();
        var asking = new boolean[] {true};
        List<LoadStream> streams = connected(count, tally, stream -> {
            if (asking[0]) {
                server.later(stream.pauseMillis(), stream::ask);
            }
        });
        long arrival = Math.min(ARRIVAL_MILLIS, TimeUnit.SECONDS.toMillis(options.seconds()));
        server.run(() -> {
            for (int i = 0; i < count; i++) {
                server.later(1 + arrival * i / count, streams.get(i)::ask);
            }
        });
        server.await(arrival * 3 / 2);
        for (long waited = 0; waited < MOST_WARM_UP_MILLIS && !allHeard(streams); waited += LOOK_MILLIS) {
            server.await(LOOK_MILLIS);
        }
        Duration used = measure(tally, () -> server.await(TimeUnit.SECONDS.toMillis(options.seconds())));
        server.run(() -> {
            asking[0] = false;
            streams.forEach(LoadStream::close);
        });
        report(Integer.toString(count), count, tally, used);
        check(streams);
    }

    private boolean allHeard(List<LoadStream> streams) {
        var all = new CompletableFuture<Boolean>();
        server.run(() -> all.complete(streams.stream().allMatch(LoadStream::heard)));
        return all.join();
    }

    private void burst(int count) {
        var tally = new LoadTally();
        var answered = new CompletableFuture<Void>();
        var open = new int[] {count};
        List<LoadStream> streams = connected(count, tally, _ -> {
            if (--open[0] == 0) {
                answered.complete(null);
            }
        });
        Duration used = measure(tally, () -> {
            server.run(() -> streams.forEach(LoadStream::ask));
            try {
                answered.get(MOST_SECONDS_OF_AN_ANSWER, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                server.run(() -> tally.error(open[0] + " of " + count + " streams did not end"));
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            }
        });
        server.run(() -> streams.forEach(LoadStream::close));
        report(count + " at once", count, tally, used);
        check(streams);
    }

    /// Processor time that this process used meanwhile.
    private Duration measure(LoadTally tally, Runnable load) {
        Duration before = processorTime();
        onLoop(tally::begin);
        load.run();
        onLoop(tally::end);
        return processorTime().minus(before);
    }

    private void report(String name, int count, LoadTally tally, Duration used) {
        double rate = tally.charactersPerSecond();
        if (count == 1) {
            one = OptionalDouble.of(rate);
        }
        out.printf(
                ROW,
                name,
                rate,
                rate / count,
                one.isPresent() ? "%.1f".formatted(rate / one.getAsDouble()) : "-",
                tally.firsts().millis(0.5),
                tally.firsts().millis(0.99),
                tally.gaps().millis(0.5),
                tally.gaps().millis(0.99),
                tally.gaps().millis(1),
                tally.errors(),
                100 * used.toNanos() / 1e9 / tally.seconds());
        out.flush();
        if (tally.errors() > 0) {
            note(tally.errors() + " errors with " + name + ", the first: " + tally.firstError());
        }
        server.await(SETTLE_MILLIS);
    }

    private void check(List<LoadStream> streams) {
        if (options.check()) {
            var answers =
                    streams.stream().flatMap(stream -> stream.answer().stream()).toList();
            int different = LoadCheck.differences(server, answers);
            out.printf("%-12s %d texts asked again alone, %d different%n", "", answers.size(), different);
            out.flush();
            if (different > 0 || answers.isEmpty()) {
                note(
                        answers.isEmpty()
                                ? "no text was asked for and answered within the measurement: give it more --seconds"
                                : different + " texts are different when asked alone");
            }
        }
    }

    private void idle(int count) throws IOException, InterruptedException {
        ServerMemory memory = ServerMemory.of(server, options.pid());
        open(OPENED_AT_ONCE, _ -> {}).forEach(connection -> server.run(connection::close));
        server.await(2 * SETTLE_MILLIS);
        long before = memory.kilobytes();
        List<LoadConnection> connections = open(count, frame -> note("an idle connection heard " + frame));
        server.await(5 * SETTLE_MILLIS);
        long grown = memory.kilobytes() - before;
        if (grown > 0) {
            out.printf(
                    "%,d idle connections cost %,.1f MB of the server's memory: %.1f kB each (%,.0f MB before)%n%n",
                    count, grown / 1024.0, (double) grown / count, before / 1024.0);
        } else {
            out.printf(
                    "%,d idle connections fit into memory that the server had already (%,.0f MB): what they cost is seen"
                            + " on one that has just started%n%n",
                    count, before / 1024.0);
        }
        out.flush();
        connections.forEach(connection -> server.run(connection::close));
        server.await(SETTLE_MILLIS);
    }

    private List<LoadStream> connected(int count, LoadTally tally, Consumer<LoadStream> ended) {
        List<LoadStream> streams = IntStream.range(0, count)
                .mapToObj(_ -> new LoadStream(random.split(), alphabet, tally, ended))
                .toList();
        for (int i = 0; i < count; i += OPENED_AT_ONCE) {
            joined(streams.subList(i, Math.min(count, i + OPENED_AT_ONCE)).stream()
                    .map(stream -> server.connect(stream).onSuccess(stream::connected))
                    .toList());
        }
        return streams;
    }

    private List<LoadConnection> open(int count, Consumer<LoadFrame> reader) {
        List<LoadConnection> opened = new ArrayList<>();
        for (int i = 0; i < count; i += OPENED_AT_ONCE) {
            opened.addAll(joined(IntStream.range(i, Math.min(count, i + OPENED_AT_ONCE))
                    .mapToObj(_ -> server.connect(reader))
                    .toList()));
        }
        return opened;
    }

    private List<LoadConnection> joined(List<Future<LoadConnection>> futures) {
        try {
            return futures.stream()
                    .map(future ->
                            future.toCompletionStage().toCompletableFuture().join())
                    .toList();
        } catch (CompletionException e) {
            throw new IllegalStateException(
                    "no connection to " + options.url() + ": " + e.getCause().getMessage());
        }
    }

    private void onLoop(Runnable task) {
        var done = new CompletableFuture<Void>();
        server.run(() -> {
            task.run();
            done.complete(null);
        });
        done.join();
    }

    private void note(String sentence) {
        if (problem.isEmpty()) {
            problem = sentence;
        }
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        server.close();
    }
}
