package tinylm.runs;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.IntConsumer;

/// Starts a process that works on a run.
public interface Launcher {

    /// @param directory the run's folder, which holds the [Job]
    /// @param token that the worker reports with
    /// @param ended hears the worker's exit code, from any thread; never, if this server ends first
    /// @return the worker's process id
    /// @throws IOException when it cannot be started
    long launch(Path directory, String token, IntConsumer ended) throws IOException;

    /// Starts a process that measures what each preset costs here, and writes [PresetCosts.Measured] to the file.
    ///
    /// @return its process id
    /// @throws IOException when it cannot be started
    long measure(Path file) throws IOException;

    /// Ends a worker that no longer reports. Does nothing if it has ended.
    void kill(long pid, Instant startedAt);
}
