package tinylm.web;

import io.quarkus.runtime.Startup;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.LoadedModel;
import tinylm.session.Limits;

/// Loads the checkpoint before the first visitor comes, and lets the step under way end before the process does.
@Startup
@ApplicationScoped
public class ModelServing {

    private static final Logger LOG = Logger.getLogger(ModelServing.class);

    private final LoadedModel loaded;
    private final Limits limits;

    ModelServing(ServerConfig config) {
        limits = config.limits().limits();
        loaded = LoadedModel.open(
                Checkpoints.load(config.checkpoint()),
                config.slots(),
                config.threads().orElse(Runtime.getRuntime().availableProcessors()));
    }

    @Produces
    @Singleton
    ServedModel served() {
        return new ServedModel(loaded.engine(), loaded.checkpoint().tokenizer(), limits, info());
    }

    @Produces
    @Singleton
    ModelInfo info() {
        return describe(loaded.checkpoint());
    }

    @PreDestroy
    void close() {
        try {
            loaded.close();
        } catch (IllegalStateException e) {
            // going on would destroy libtorch under the thread that is still in it, and end in a crash report
            LOG.error("Ending at once: " + e.getMessage());
            Runtime.getRuntime().halt(1);
        }
    }

    private static ModelInfo describe(Checkpoint checkpoint) {
        var provenance = checkpoint.manifest().orElseThrow().provenance();
        var alphabet = checkpoint.tokenizer().codePoints();
        return new ModelInfo(
                "tinylm-" + provenance.corpus().name(),
                checkpoint.config().parameterCount(),
                provenance.validationLoss(),
                provenance.protocol(),
                checkpoint.config().contextLength(),
                new String(alphabet, 0, alphabet.length));
    }
}
