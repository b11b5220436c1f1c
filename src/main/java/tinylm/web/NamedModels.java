package tinylm.web;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.ModelCache;
import tinylm.inference.Models;
import tinylm.runs.History;
import tinylm.session.Refusal;

/// Finds the model that a request names: the one that answers, or any checkpoint of a run, as `run-1a2b3c4d` for its
/// newest and `run-1a2b3c4d@400` for the one of step 400.
@Singleton
final class NamedModels {

    private static final Pattern NAME = Pattern.compile("([^@]{1,255})(?:@([0-9]{1,9}))?");

    private final Models models;
    private final ModelCache cache;
    private final Promotable promotable;

    NamedModels(Models models, ModelCache cache, Promotable promotable) {
        this.models = models;
        this.cache = cache;
        this.promotable = promotable;
    }

    /// The model of that name, in use; without a name the one that answers. Fails with a sentence when there is none.
    Uni<ModelCache.Use> use(Optional<String> name) {
        var answering = ModelInfo.of(models.current().checkpoint()).name();
        if (name.isEmpty() || name.get().equals(answering)) {
            return Uni.createFrom().item(ModelCache.Use.of(models));
        }
        var loaded = new CompletableFuture<ModelCache.Use>();
        return Uni.createFrom()
                .item(() -> load(name.get(), answering))
                .invoke(loaded::complete)
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .onCancellation() // whoever asked went away in the meantime
                .invoke(() -> loaded.thenAccept(ModelCache.Use::close));
    }

    private ModelCache.Use load(String name, String answering) {
        var checkpoint = find(name)
                .orElseThrow(() -> refused("model must be " + answering
                        + ", or a run's id for its newest checkpoint, or id@step; there is no checkpoint of " + name
                        + "."));
        return cache.use(checkpoint)
                .orElseThrow(() -> new ProblemException(Problem.of(new Refusal(
                        Refusal.Kind.BUSY,
                        "models_busy",
                        "All models that fit into the memory are in use; wait and try again.",
                        "model"))));
    }

    /// A run's checkpoint; reads the disk. Empty when there is no such run.
    ///
    /// @throws ProblemException when the run has no checkpoint of that step
    /// @throws tinylm.checkpoint.CheckpointException when it is corrupt
    Optional<Checkpoint> find(String name) {
        var parts = NAME.matcher(name);
        if (!parts.matches() || parts.group(1).equals(Promotable.SHIPPED)) {
            return Optional.empty();
        }
        if (parts.group(2) == null) {
            return promotable.find(parts.group(1)).map(NamedModels::newest);
        }
        long step = Long.parseLong(parts.group(2));
        return promotable.find(parts.group(1), step).map(run -> of(run, step));
    }

    private static Checkpoint newest(Path run) {
        List<String> refused = new ArrayList<>();
        return Checkpoints.newest(run, refused::add)
                .orElseThrow(() -> refused("No checkpoint of this run can be read: " + String.join(" ", refused)));
    }

    private static Checkpoint of(Path run, long step) {
        return new History(run)
                .find(step)
                .orElseThrow(() -> refused("This run keeps no checkpoint of step " + step
                        + "; GET /v1/runs/{id}/checkpoints says which."));
    }

    private static ProblemException refused(String sentence) {
        return new ProblemException(
                Problem.of(new Refusal(Refusal.Kind.NOT_FOUND, "model_not_found", sentence, "model")));
    }
}
