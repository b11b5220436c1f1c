package tinylm.inference;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import tinylm.checkpoint.Checkpoint;
import tinylm.model.Torch;
import tinylm.text.CharTokenizer;
import tinylm.text.UnknownCharacterException;

/// A checkpoint in memory with an engine at work on it. Owns all of it; close it before the process ends.
public final class LoadedModel implements AutoCloseable {

    /// How a model is run.
    ///
    /// @param slots how many sequences at once
    /// @param queueLength how many more may wait
    /// @param lanes shared by all models of a process that may be asked at the same time
    /// @param example a text in UTF-8 like those that models write, by which they guess ahead from the first
    ///     character on; those of another alphabet pass it over
    public record Settings(int slots, int queueLength, Lanes lanes, EngineObserver observer, Optional<Path> example) {

        /// For one model that a single program asks.
        public static Settings alone(int slots, int threads) {
            return new Settings(slots, 0, new Lanes(threads), EngineObserver.NONE, Optional.empty());
        }

        public Settings withExample(Path text) {
            return new Settings(slots, queueLength, lanes, observer, Optional.of(text));
        }
    }

    private static final Logger LOG = System.getLogger(LoadedModel.class.getName());

    private final Checkpoint checkpoint;
    private final String numerics;
    private final Engine engine;
    private final Runnable free;

    /// @param numerics fingerprint of how the engine computes
    /// @param free gives the model's memory back, once the engine has ended
    public LoadedModel(Checkpoint checkpoint, String numerics, Engine engine, Runnable free) {
        this.checkpoint = checkpoint;
        this.numerics = numerics;
        this.engine = engine;
        this.free = free;
    }

    /// @throws tinylm.checkpoint.CheckpointException if the weights were changed since the checkpoint was verified
    public static LoadedModel open(Checkpoint checkpoint, Settings settings) {
        var opening = new Opening(checkpoint, settings);
        var draft = CompletableFuture.supplyAsync(() -> draft(checkpoint.tokenizer(), settings.example()))
                .exceptionally(e -> {
                    LOG.log(Level.WARNING, "the first texts take longer", e);
                    return new Draft();
                });
        var engine = Engine.start(
                opening::runner, draft::join, settings.queueLength(), settings.lanes(), settings.observer());
        return new LoadedModel(checkpoint, opening.numerics, engine, opening.manager::close);
    }

    private static Draft draft(CharTokenizer tokenizer, Optional<Path> example) {
        var draft = new Draft();
        example.ifPresent(text -> teach(draft, tokenizer, text));
        return draft;
    }

    private static void teach(Draft draft, CharTokenizer tokenizer, Path example) {
        try {
            int[] ids = tokenizer.encode(Files.readString(example));
            IntStream.rangeClosed(2, ids.length).forEach(length -> draft.learn(ids, length));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be read, so that the first texts take longer: {1}", example, e);
        } catch (UnknownCharacterException e) {
            // another alphabet
        }
    }

    /// What the engine thread makes before its first step.
    private static final class Opening {

        private final Checkpoint checkpoint;
        private final Settings settings;
        private NDManager manager;
        private String numerics;

        Opening(Checkpoint checkpoint, Settings settings) {
            this.checkpoint = checkpoint;
            this.settings = settings;
        }

        GptRunner runner() {
            settings.lanes().take(() -> Torch.load(1));
            manager = NDManager.newBaseManager();
            try {
                var runner = new GptRunner(manager, checkpoint.model(manager), settings.slots());
                settings.lanes().take(() -> numerics = Numerics.of(runner));
                return runner;
            } catch (RuntimeException e) {
                manager.close();
                throw e;
            }
        }
    }

    public Checkpoint checkpoint() {
        return checkpoint;
    }

    public Engine engine() {
        return engine;
    }

    /// Fingerprint of how this machine computes this model: where it is the same, texts are the same to the last
    /// bit.
    public String numerics() {
        return numerics;
    }

    /// @throws IllegalStateException if a step is still under way after a few seconds; the memory is then left
    ///     alone
    @Override
    public void close() {
        engine.close();
        free.run();
    }
}
