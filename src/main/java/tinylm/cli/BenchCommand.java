package tinylm.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.GptRunner;
import tinylm.inference.Lanes;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;
import tinylm.runs.PresetCosts;
import tinylm.training.OptimizerKind;
import tinylm.training.Preset;
import tinylm.training.PresetBenchmark;
import tinylm.training.StepBenchmark;

/// `tinylm bench`: how fast this machine runs the default model, beside the time that the arithmetic alone would
/// take at the rate of a large matrix product, and a decode at least that of reading weights and KV cache once.
@Command(
        name = "bench",
        description =
                "Measures decoding, prefill and training steps beside what arithmetic and memory allow, by medians, in a few"
                        + " minutes;"
                        + " with --load a running server.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchCommand implements Callable<Integer> {

    private static final GptConfig SHAPE = GptConfig.DEFAULT;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Threads threads;

    @Option(names = "--presets", description = "What each preset of train costs here instead, in a minute")
    private boolean presets;

    @Option(names = "--json", paramLabel = "FILE", description = "With --presets: writes the costs there, too")
    private Path json;

    @ArgGroup(exclusive = false, heading = "%nA server under load:%n")
    private LoadOptions load;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        if (load != null) {
            return load(out);
        }
        if (presets) {
            return presets(out);
        }
        if (json != null) {
            throw new ParameterException(spec.commandLine(), "--json goes with --presets");
        }
        var shipped = Checkpoints.load(Home.CHECKPOINT);
        try (var stop = new StopOnSignal();
                NDManager manager = NDManager.newBaseManager()) {
            out.printf("%-44s %10s %10s %8s%n", "", "measured", "floor", "ratio");
            for (int used = 1; used <= threads.count() && !stop.requested(); used *= 2) {
                Torch.load(used);
                Torch.recordNoGradients();
                double rate = sgemm(manager);
                out.printf("%-44s %6.1f GFLOP/s%n", "matrix product 1024^3, " + threads(used), rate / 1e9);
                out.flush();
                generation(manager, used, rate, out, stop);
                WritingBench.run(shipped, used, out, stop);
                for (double dropout : new double[] {0, 0.1}) {
                    for (OptimizerKind optimizer : OptimizerKind.values()) {
                        if (!stop.requested()) {
                            trainingStep(used, rate, dropout, optimizer, out);
                        }
                    }
                }
            }
        }
        return 0;
    }

    private int load(PrintWriter out) throws IOException, InterruptedException {
        try {
            load.validate();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        try (var bench = new LoadBench(load, out)) {
            return bench.run();
        }
    }

    private int presets(PrintWriter out) throws IOException {
        Torch.load(threads.count());
        var memory = new ServerMemory(ProcessHandle.current().pid());
        var costs = new LinkedHashMap<String, PresetCosts.Cost>();
        out.printf("%-10s %12s %10s %8s%n", "", "parameters", "minutes", "memory");
        for (var preset : Preset.values()) { // the smallest first, so that the peak so far is its own
            double seconds = PresetBenchmark.seconds(preset.config());
            var cost = new PresetCosts.Cost(seconds, memory.peakKilobytes() << 10);
            var name = preset.name().toLowerCase(Locale.ROOT);
            costs.put(name, cost);
            out.printf(
                    "%-10s %,12d %10.1f %5d MB%n",
                    name, preset.config().model().parameterCount(), seconds / 60, cost.memoryBytes() / 1_000_000);
            out.flush();
        }
        if (json != null) {
            PresetCosts.write(json, new PresetCosts.Measured(System.currentTimeMillis(), costs));
        }
        return 0;
    }

    private static double sgemm(NDManager manager) {
        NDArray a = manager.randomNormal(new Shape(1024, 1024));
        NDArray b = manager.randomNormal(new Shape(1024, 1024));
        return 2.0 * 1024 * 1024 * 1024 / median(20, () -> a.matMul(b).close());
    }

    /// Seconds to read weights, keys and values of a decode from where so many bytes are, as one matrix-vector product.
    private static double reading(NDManager manager, int threads, int streams, int context) {
        long floats = SHAPE.parameterCount() + 2L * streams * SHAPE.nLayer() * context * SHAPE.nEmbd();
        Torch.useThreads(threads);
        try (NDManager work = manager.newSubManager()) {
            NDArray matrix = work.ones(new Shape(floats / 1024, 1024));
            NDArray vector = work.ones(new Shape(1024, 1));
            return median(50, () -> matrix.matMul(vector).close());
        }
    }

    private static double products(NDManager manager, int threads, int streams, int width, int context) {
        try (var products = new Products(manager, SHAPE, threads, streams, width, context)) {
            return median(100, products::run);
        }
    }

    private void generation(NDManager manager, int used, double rate, PrintWriter out, StopOnSignal stop) {
        try (Gpt model = Gpt.initialize(manager, SHAPE, 1);
                GptRunner runner = new GptRunner(manager, model, 64)) {
            Lanes lanes = new Lanes(used);
            for (int streams : new int[] {1, 4, 16, 64}) {
                for (int context : new int[] {128, 256}) {
                    if (stop.requested()) {
                        return;
                    }
                    int width = Math.min(lanes.width(streams), runner.mostDecoded());
                    int[][] ids = new int[streams][width];
                    int[] positions = new int[streams];
                    Arrays.fill(positions, context - width);
                    double seconds = median(400, () -> lanes.decode(runner, ids, positions));
                    double floor = Math.max(
                            streams * operations(width, context) / rate, reading(manager, used, streams, context));
                    out.printf(
                            "%-44s %8.2f ms %7.2f ms %7.1fx  products alone %.2f ms%n",
                            "decode, %d x %d, context %d, %s".formatted(streams, width, context, threads(used)),
                            seconds * 1e3,
                            floor * 1e3,
                            seconds / floor,
                            products(manager, used, streams, width, context) * 1e3);
                    out.flush();
                }
            }
            if (used > 1) {
                return; // a prefill is one thread's
            }
            int[] prompt = new int[256];
            double seconds = median(40, () -> runner.prefill(0, 0, prompt));
            double floor = operations(256, 256) / rate;
            out.printf(
                    "%-44s %8.2f ms %7.2f ms %7.1fx%n",
                    "prefill of 256 characters, 1 thread", seconds * 1e3, floor * 1e3, seconds / floor);
            out.flush();
        }
    }

    private void trainingStep(int used, double rate, double dropout, OptimizerKind optimizer, PrintWriter out) {
        Torch.useThreads(used); // a decode leaves its thread with one
        try (var benchmark = new StepBenchmark(SHAPE.withDropout(dropout), optimizer, 64)) {
            double seconds = median(3, benchmark::step);
            double floor = 3 * 64 * operations(256, 256) / rate; // backward costs two forwards
            out.printf(
                    "%-44s %8.2f s  %7.2f s  %7.1fx %,8.0f characters/s%n",
                    "step of 64x256, %s, dropout %s, %s"
                            .formatted(optimizer.name().toLowerCase(), dropout, threads(used)),
                    seconds,
                    floor,
                    seconds / floor,
                    64 * 256 / seconds);
            out.flush();
        }
    }

    /// Floating-point operations of a forward of `positions` new positions that attend over `context`.
    private static double operations(int positions, int context) {
        double e = SHAPE.nEmbd();
        double perPosition = SHAPE.nLayer() * (24 * e * e + 4 * context * e) + 2 * e * SHAPE.vocabSize();
        return positions * perPosition;
    }

    /// Median seconds of `runs` runs, after a few to warm up.
    private static double median(int runs, Runnable action) {
        for (int i = 0; i < 1 + runs; i++) {
            action.run();
        }
        long[] times = new long[runs];
        for (int i = 0; i < runs; i++) {
            long start = System.nanoTime();
            action.run();
            times[i] = System.nanoTime() - start;
        }
        Arrays.sort(times);
        return times[runs / 2] / 1e9;
    }

    private static String threads(int count) {
        return count + (count == 1 ? " thread" : " threads");
    }
}
