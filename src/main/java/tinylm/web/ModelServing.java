package tinylm.web;

import io.quarkus.arc.DefaultBean;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.EngineObserver;
import tinylm.inference.Lanes;
import tinylm.inference.LoadedModel;
import tinylm.inference.ModelCache;
import tinylm.inference.Models;
import tinylm.session.Limits;

/// Loads the checkpoint before the first visitor comes, and lets the step under way end before the process does.
@Startup
@ApplicationScoped
public class ModelServing {

    private static final Logger LOG = Logger.getLogger(ModelServing.class);

    /// Each place that is told takes a number below those of the text.
    private static final int LONGEST_QUEUE = 900;

    /// Checkpoints of runs that are asked now and then: how many in memory, and how many sequences each computes.
    private static final int MODELS_ASIDE = 4;

    private static final int SLOTS_ASIDE = 4;

    private final Limits limits;
    private final KeptProbabilities probabilities;
    private final Models models;
    private final ModelCache cache;

    ModelServing(ServerConfig config, EngineObserver observer) {
        limits = config.limits().limits();
        probabilities = new KeptProbabilities(config.limits().keptProbabilities());
        requirePositive("longest-step", config.longestStep());
        requirePositive("ticket-lifetime", config.ticketLifetime());
        if (config.queueLength() < 0 || config.queueLength() > LONGEST_QUEUE) {
            throw new IllegalArgumentException(
                    "tinylm.queue-length must be between 0 and " + LONGEST_QUEUE + ", but is " + config.queueLength());
        }
        var lanes = new Lanes(config.threads().orElse(Runtime.getRuntime().availableProcessors()));
        var settings =
                new LoadedModel.Settings(config.slots(), config.queueLength(), lanes, observer, config.example());
        var asides = new LoadedModel.Settings(SLOTS_ASIDE, config.queueLength(), lanes, observer, config.example());
        models = new Models(
                Checkpoints.load(config.checkpoint()),
                checkpoint -> LoadedModel.open(checkpoint, settings),
                config.swapGrace());
        cache = new ModelCache(checkpoint -> LoadedModel.open(checkpoint, asides), MODELS_ASIDE);
    }

    @Produces
    @Singleton
    Models models() {
        return models;
    }

    @Produces
    @Singleton
    ModelCache cache() {
        return cache;
    }

    @Produces
    @Singleton
    Limits limits() {
        return limits;
    }

    @Produces
    @Singleton
    KeptProbabilities probabilities() {
        return probabilities;
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(
                    "tinylm." + name + " must be longer than 0 s, but is " + value.toMillis() + " ms");
        }
    }

    @PreDestroy
    void close() {
        try {
            cache.close();
            models.close();
        } catch (IllegalStateException e) {
            // going on would destroy libtorch under the thread that is still in it, and end in a crash report
            LOG.error("Ending at once: " + e.getMessage());
            Runtime.getRuntime().halt(1);
        }
    }

    /// Nobody listens.
    @Singleton
    static class Unobserved {

        @Produces
        @Singleton
        @DefaultBean
        EngineObserver observer() {
            return EngineObserver.NONE;
        }
    }
}
