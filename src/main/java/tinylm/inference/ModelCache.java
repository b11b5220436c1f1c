package tinylm.inference;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import tinylm.checkpoint.Checkpoint;

/// Models that are asked now and then, beside the one that answers: loaded when they are wanted, and the one that was
/// not wanted for longest is freed for the next. Any thread.
public final class ModelCache implements AutoCloseable {

    private static final Logger LOG = System.getLogger(ModelCache.class.getName());

    private final Function<Checkpoint, LoadedModel> loader;
    private final int most;
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    private static final class Entry {
        private final Models models;
        private final AtomicInteger users = new AtomicInteger();

        Entry(Models models) {
            this.models = models;
        }
    }

    /// Keeps a model in memory for as long as somebody has it.
    ///
    /// @param models this model alone
    public record Use(Models models, Runnable end) implements AutoCloseable {

        /// Of a model that stays in memory anyway.
        public static Use of(Models models) {
            return new Use(models, () -> {});
        }

        @Override
        public void close() {
            end.run();
        }
    }

    /// @param most models in memory at the same time
    public ModelCache(Function<Checkpoint, LoadedModel> loader, int most) {
        this.loader = loader;
        this.most = most;
    }

    /// The model of a checkpoint, loaded now if it was not; takes a fraction of a second then. Empty when all that are
    /// in memory are in use. To be closed once.
    ///
    /// @throws tinylm.checkpoint.CheckpointException when it cannot be loaded
    /// @throws IllegalStateException when the process is ending
    public synchronized Optional<Use> use(Checkpoint checkpoint) {
        if (closed) {
            throw new IllegalStateException("The server is shutting down.");
        }
        var entry = entries.get(checkpoint.sha256());
        if (entry == null) {
            if (entries.size() >= most && !freeOne()) {
                return Optional.empty();
            }
            entry = new Entry(new Models(checkpoint, loader, Duration.ZERO));
            entries.put(checkpoint.sha256(), entry);
        }
        entry.users.incrementAndGet();
        // waits for no lock: a sequence may end in the middle of a step, for which a model that loads waits in turn
        return Optional.of(new Use(entry.models, entry.users::decrementAndGet));
    }

    private boolean freeOne() {
        var idle = entries.entrySet().stream()
                .filter(one -> one.getValue().users.get() == 0)
                .findFirst();
        idle.ifPresent(one -> {
            entries.remove(one.getKey());
            try {
                one.getValue().models.close();
            } catch (IllegalStateException e) {
                LOG.log(Level.ERROR, "a model cannot be freed", e);
            }
        });
        return idle.isPresent();
    }

    /// @throws IllegalStateException if a step is still under way after a few seconds; the memory is then left
    ///     alone
    @Override
    public synchronized void close() {
        closed = true;
        entries.values().forEach(entry -> entry.models.close());
        entries.clear();
    }
}
