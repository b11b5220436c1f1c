package tinylm.runs;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tinylm.model.Torch;
import tinylm.training.CodeVersion;

/// What a worker computes with. Besides config and text it decides whether the same bits come out again, so each
/// worker writes it into the run's folder: the server may be another program on another machine by then.
///
/// @param tinylm version of the code
/// @param engine with its version and that of the library beneath
/// @param threads of one operation
/// @param system with its version and instruction set
public record Environment(
        String tinylm, String java, String engine, String processor, int cores, int threads, String system) {

    /// In the run's folder: those of all its workers in order, one that repeats the last left out.
    public static final String FILE = "environments.json";

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    /// This process'; loads the engine.
    public static Environment here(int threads) {
        return new Environment(
                CodeVersion.CURRENT,
                Runtime.version() + ", " + System.getProperty("java.vendor"),
                "PyTorch " + Torch.version() + " by DJL " + Engine.getDjlVersion()
                        + (Torch.isToldAvx512() ? ", MKL told to use AVX-512" : ""),
                processorName(),
                Runtime.getRuntime().availableProcessors(),
                threads,
                String.join(
                        " ",
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        System.getProperty("os.arch")));
    }

    /// Those of a run's workers in order; none when no worker has begun, or the file is damaged.
    public static List<Environment> of(Path directory) {
        try {
            return List.of(WorkerJson.read(Files.readString(directory.resolve(FILE)), Environment[].class));
        } catch (IOException | IllegalArgumentException e) {
            return List.of();
        }
    }

    public void addTo(Path directory) throws IOException {
        var all = new ArrayList<>(of(directory));
        if (all.isEmpty() || !all.getLast().equals(this)) {
            all.add(this);
            WorkerJson.write(directory.resolve(FILE), all);
        }
    }

    /// Only Linux says in a file; elsewhere the instruction set must do.
    private static String processorName() {
        try (var lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
