package tinylm.web;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;
import tinylm.runs.OwnCatalog;

/// Gives every server under test a checkpoint of its own: a tiny model with random weights, which babbles.
@QuarkusTestResource(TinyModelResource.class)
public class TinyModelResource implements QuarkusTestResourceLifecycleManager {

    static final String ALPHABET = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static final int CONTEXT = 32;

    private Path directory;

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("tiny-model");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var checkpoint = save(directory.resolve("run"), 1, 1);
        return Map.of(
                "tinylm.checkpoint",
                checkpoint.directory().toString(),
                "tinylm.runs",
                directory.resolve("runs").toString(),
                "tinylm.slots",
                "8",
                "tinylm.training.catalog",
                OwnCatalog.write(directory.resolve("training")).toString(),
                "tinylm.training.runtime",
                directory.resolve("training").toString(),
                "tinylm.training.directory",
                directory.resolve("managed").toString(),
                "tinylm.training.corpus-size", // above what other bodies may have
                "2M");
    }

    /// Saves another model of the same alphabet.
    ///
    /// @param seed of its weights
    static Checkpoint save(Path run, long step, long seed) {
        return Babble.save(run, ALPHABET, CONTEXT, step, seed);
    }

    @Override
    public void stop() {
        delete(directory);
    }

    static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
