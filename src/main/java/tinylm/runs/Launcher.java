package tinylm.runs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntConsumer;

/// Starts workers.
public interface Launcher {

    /// A worker to start.
    ///
    /// @param run the id of what it works on
    /// @param directory the run's folder, which holds the [Job]
    /// @param token that it reports with
    /// @param job its name where workers are Jobs
    /// @param ended hears its exit code, from any thread; never, if this server ends first, or workers are Jobs
    record Order(String run, Path directory, String token, String job, IntConsumer ended) {}

    /// What is known of a worker that is silent.
    ///
    /// @param isAwaited whether it may still come
    /// @param sentence why; empty where nothing is known
    record Silence(boolean isAwaited, String sentence) {

        static final Silence UNEXPLAINED = new Silence(false, "");
    }

    /// @return the worker's process id; 0 where it is no process of this machine
    /// @throws NotNowException when it is to be tried again later
    /// @throws IOException when it cannot be started
    long launch(Order order) throws IOException;

    /// Starts a process that measures what each preset costs here, and writes [PresetCosts.Measured] to the file.
    ///
    /// @return its process id
    /// @throws IOException when it cannot be started
    long measure(Path file) throws IOException;

    /// Ends a worker that no longer reports. Does nothing if it has ended.
    void kill(Run.Worker worker);

    /// Whether workers are Jobs of a cluster: they may wait for a machine, and end when they pause.
    default boolean startsJobs() {
        return false;
    }

    /// Why no worker can be started just now, if that is known.
    default Optional<String> hindrance() {
        return Optional.empty();
    }

    default Silence silence(Run.Worker worker) {
        return Silence.UNEXPLAINED;
    }

    /// Nothing is wrong with the run: its worker can be started later.
    final class NotNowException extends IOException {

        private static final long serialVersionUID = 1;

        NotNowException(String sentence) {
            super(sentence);
        }
    }
}
