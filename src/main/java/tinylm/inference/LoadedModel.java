package tinylm.inference;

import ai.djl.ndarray.NDManager;
import tinylm.checkpoint.Checkpoint;
import tinylm.model.Torch;

/// A checkpoint in memory with an engine at work on it. Owns all of it; close it before the process ends.
public final class LoadedModel implements AutoCloseable {

    private final Checkpoint checkpoint;
    private final NDManager manager;
    private final Engine engine;

    private LoadedModel(Checkpoint checkpoint, NDManager manager, Engine engine) {
        this.checkpoint = checkpoint;
        this.manager = manager;
        this.engine = engine;
    }

    /// @param slots how many sequences at once, a multiple of 4
    /// @param threads of one operation
    /// @throws tinylm.checkpoint.CheckpointException if the weights were changed since the checkpoint was verified
    public static LoadedModel open(Checkpoint checkpoint, int slots, int threads) {
        Torch.load(threads);
        var manager = NDManager.newBaseManager();
        try {
            var model = checkpoint.model(manager);
            return new LoadedModel(checkpoint, manager, new Engine(new GptRunner(manager, model, slots)));
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    public Checkpoint checkpoint() {
        return checkpoint;
    }

    public Engine engine() {
        return engine;
    }

    /// @throws IllegalStateException if a step is still under way after a few seconds; the memory is then left alone
    @Override
    public void close() {
        engine.close();
        manager.close();
    }
}
