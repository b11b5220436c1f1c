package tinylm.web;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointException;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.Models;
import tinylm.runs.Promotions;
import tinylm.runs.Promotions.Promotion;

/// Lets a checkpoint answer on this server, tells all servers that share the database, and hears what they tell, also
/// after a restart. A checkpoint is loaded and verified beside the model that answers, one at a time; whatever is wrong
/// with it, the old one stays.
@Startup
@Singleton
final class Promoter {

    private static final Logger LOG = Logger.getLogger(Promoter.class);
    private static final long INTERVAL_MILLIS = 1_000;

    private final Models models;
    private final Promotions promotions;
    private final Promotable promotable;
    private final NamedModels named;
    private final Semaphore one = new Semaphore(1);
    private final ScheduledExecutorService follower = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("promotions").factory());
    private String complaint = "";
    private volatile boolean behind;

    Promoter(Models models, Promotions promotions, Promotable promotable, NamedModels named) {
        this.models = models;
        this.promotions = promotions;
        this.promotable = promotable;
        this.named = named;
        follow(); // before the first visitor comes
        follower.scheduleWithFixedDelay(this::follow, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// Runs an action while no other promotion is under way; empty if one is.
    ///
    /// @throws CheckpointException when what is to be loaded is corrupt; nothing has changed then
    <T> Optional<T> alone(Supplier<T> action) {
        if (!one.tryAcquire()) {
            return Optional.empty();
        }
        try {
            return Optional.of(action.get());
        } finally {
            one.release();
        }
    }

    /// Within [#alone].
    ///
    /// @return what answers now; empty if there is no model of that name
    /// @throws CheckpointException when it is corrupt; nothing has changed then
    Optional<Checkpoint> promote(String model) {
        var found = find(model);
        found.ifPresent(checkpoint -> {
            if (!isCurrent(checkpoint)) {
                models.promote(checkpoint);
            }
            if (!promotions.current().sha256().equals(checkpoint.sha256())) {
                promotions.add(new Promotion(lasting(model, checkpoint), checkpoint.sha256()));
            }
        });
        return found;
    }

    /// Lets what answered before answer again. Within [#alone].
    ///
    /// @return what answers now; empty if nothing answered before
    /// @throws ProblemException when it is not there any more; nothing has changed then
    /// @throws CheckpointException when it is corrupt by now
    Optional<Checkpoint> rollback() {
        return promotions.previous().map(previous -> {
            var checkpoint = find(previous);
            models.promote(checkpoint);
            promotions.add(previous);
            return checkpoint;
        });
    }

    boolean isCurrent(Checkpoint checkpoint) {
        return models.current().checkpoint().sha256().equals(checkpoint.sha256());
    }

    private Optional<Checkpoint> find(String model) {
        return model.contains("@") ? named.find(model) : promotable.find(model).map(Checkpoints::load);
    }

    private Checkpoint find(Promotion promotion) {
        return find(promotion.model())
                .filter(checkpoint -> checkpoint.sha256().equals(promotion.sha256()))
                .orElseThrow(() -> new ProblemException(new Problem(
                        422, "checkpoint_refused", promotion.model() + " is not there any more, or is another.")));
    }

    /// A run's best may be another tomorrow; the one of a step in its history stays.
    private String lasting(String model, Checkpoint checkpoint) {
        var atStep = model + "@" + checkpoint.manifest().orElseThrow().step();
        try {
            return named.find(atStep)
                    .filter(kept -> kept.sha256().equals(checkpoint.sha256()))
                    .map(_ -> atStep)
                    .orElse(model);
        } catch (CheckpointException | ProblemException e) {
            return model; // its history does not hold it
        }
    }

    /// Lets answer what another server let answer.
    private void follow() {
        try {
            if (differs(promotions.current())) {
                alone(() -> {
                    var current = promotions.current();
                    if (differs(current)) { // it may just have been promoted here
                        behind = true;
                        models.promote(find(current));
                        LOG.infof("%s answers now, as it was promoted", current.model());
                    }
                    return current;
                });
            }
            behind = differs(promotions.current());
            complaint = "";
        } catch (RuntimeException e) {
            if (!complaint.equals(e.getMessage())) {
                LOG.warn("What was promoted cannot answer here; this is tried again: " + e.getMessage());
                complaint = String.valueOf(e.getMessage());
            }
        }
    }

    /// Whether something else was promoted than what answers here, because it cannot be had.
    boolean isBehind() {
        return behind;
    }

    private boolean differs(Promotion current) {
        return !models.current().checkpoint().sha256().equals(current.sha256());
    }

    /// Nobody new will be answered here, and the database may be gone before this is.
    void rest(@Observes ShutdownDelayInitiatedEvent stopping) {
        follower.shutdown();
    }

    @PreDestroy
    void close() throws InterruptedException {
        follower.shutdownNow();
        follower.awaitTermination(2, TimeUnit.SECONDS);
    }
}
