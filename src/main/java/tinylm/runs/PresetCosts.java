package tinylm.runs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What each preset costs on this machine, as a process of its own measured it last. Any thread.
public final class PresetCosts {

    private static final Set<RunState> AT_WORK = EnumSet.of(RunState.STARTING, RunState.RUNNING, RunState.STOPPING);

    /// @param seconds of all steps and evaluations
    /// @param memoryBytes most resident memory of the process
    public record Cost(double seconds, long memoryBytes) {}

    /// @param epochMillis when
    /// @param costs by the preset's name in lower case
    public record Measured(long epochMillis, Map<String, Cost> costs) {}

    private final Path file;
    private final Launcher launcher;
    private final Runs runs;
    private long pid;

    /// @param file where the process writes
    public PresetCosts(Path file, Launcher launcher, Runs runs) {
        this.file = file.toAbsolutePath();
        this.launcher = launcher;
        this.runs = runs;
    }

    /// Empty before the first measurement.
    public Optional<Measured> last() {
        try {
            return Files.exists(file)
                    ? Optional.of(WorkerJson.read(Files.readString(file), Measured.class))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty(); // measured anew when somebody asks
        }
    }

    public synchronized boolean isMeasuring() {
        return pid > 0 && ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    /// Begins to measure, which takes about a minute; does nothing while it is under way.
    ///
    /// @throws RunRefused while a run is worked on, which would be measured, too
    public synchronized void measure() {
        if (isMeasuring()) {
            return;
        }
        if (runs.list().stream().anyMatch(run -> AT_WORK.contains(run.state()))) {
            throw RunRefused.conflict(
                    "A run is being worked on, which would be measured, too; wait until it has ended, or pause it.");
        }
        try {
            Files.createDirectories(file.getParent());
            pid = launcher.measure(file);
        } catch (IOException e) {
            throw RunRefused.conflict("The costs cannot be measured: " + e.getMessage() + ".");
        }
    }

    /// Whole or not at all.
    public static void write(Path file, Measured measured) throws IOException {
        WorkerJson.write(file, measured);
    }
}
