package tinylm.inference;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import tinylm.checkpoint.Checkpoint;

/// The model that answers, and those that were replaced and still finish what they began. Any thread.
public final class Models implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Models.class.getName());
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final Function<Checkpoint, LoadedModel> loader;
    private final Duration grace;
    private final List<LoadedModel> retired = new ArrayList<>();
    private volatile LoadedModel current;
    private boolean closed;

    /// Loads the first model.
    ///
    /// @param grace how long a replaced model stays after its last sequence, so that a stream that is lost just
    ///     then can be resumed
    public Models(Checkpoint first, Function<Checkpoint, LoadedModel> loader, Duration grace) {
        this.loader = loader;
        this.grace = grace;
        this.current = loader.apply(first);
    }

    /// The model for new sequences.
    public LoadedModel current() {
        return current;
    }

    /// The loaded model with these weights, be it one that was replaced.
    ///
    /// @param sha256 of the weights
    public synchronized Optional<LoadedModel> find(String sha256) {
        return all().filter(model -> model.checkpoint().sha256().equals(sha256)).findFirst();
    }

    /// Loads a checkpoint beside the current model and lets it answer from then on. Sequences that run go on to
    /// their end on the model that began them, which is freed after that. Takes as long as loading does.
    ///
    /// @throws tinylm.checkpoint.CheckpointException when it cannot be loaded; nothing has changed then
    /// @throws IllegalStateException when the process is ending
    public void promote(Checkpoint checkpoint) {
        var next = loader.apply(checkpoint);
        synchronized (this) {
            if (closed) {
                next.close();
                throw new IllegalStateException("The server is shutting down.");
            }
            var replaced = current;
            retired.add(replaced);
            current = next;
            Thread.ofVirtual().name("retire").start(() -> retire(replaced));
        }
    }

    /// Models in memory, the current one first.
    public synchronized Stream<LoadedModel> all() {
        return Stream.concat(Stream.of(current), List.copyOf(retired).stream());
    }

    private void retire(LoadedModel model) {
        long idleSince = System.nanoTime();
        while (System.nanoTime() - idleSince < grace.toNanos() || model.engine().unfinished() > 0) {
            boolean busy = model.engine().unfinished() > 0;
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            idleSince = busy ? System.nanoTime() : idleSince;
        }
        synchronized (this) {
            if (!retired.remove(model)) {
                return; // closed with all others
            }
        }
        try {
            model.close();
        } catch (IllegalStateException e) {
            LOG.log(Level.ERROR, "a replaced model cannot be freed", e);
        }
    }

    /// @throws IllegalStateException if a step is still under way after a few seconds; the memory is then left
    ///     alone
    @Override
    public synchronized void close() {
        closed = true;
        var all = new ArrayList<>(retired);
        retired.clear();
        all.forEach(LoadedModel::close);
        current.close();
    }
}
