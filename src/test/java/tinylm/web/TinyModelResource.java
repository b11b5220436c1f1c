package tinylm.web;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointContents;
import tinylm.checkpoint.Checkpoints;
import tinylm.checkpoint.Provenance;
import tinylm.checkpoint.Tensor;
import tinylm.model.GptConfig;
import tinylm.model.ParameterShapes;
import tinylm.text.CharTokenizer;

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
                "8");
    }

    /// Saves another model of the same alphabet.
    ///
    /// @param seed of its weights
    static Checkpoint save(Path run, long step, long seed) {
        var config = new GptConfig(ALPHABET.length(), CONTEXT, 2, 2, 16, 0);
        return Checkpoints.save(
                run,
                new CheckpointContents(
                        config, CharTokenizer.of(ALPHABET), weights(config, seed), Map.of(), provenance(step)));
    }

    @Override
    public void stop() {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Tensor> weights(GptConfig config, long seed) {
        var random = new Random(seed);
        var weights = new LinkedHashMap<String, Tensor>();
        ParameterShapes.of(config).forEach((name, shape) -> {
            int size = 1;
            for (long length : shape) {
                size *= (int) length;
            }
            var values = new float[size];
            for (int i = 0; i < size; i++) {
                values[i] = (float) (0.3 * random.nextGaussian());
            }
            weights.put(name, Tensor.of(values, shape));
        });
        return weights;
    }

    static Provenance provenance() {
        return provenance(1);
    }

    private static Provenance provenance(long step) {
        var corpus = new Provenance.CorpusReference("babble", "0".repeat(64));
        return new Provenance(
                step,
                4.2,
                4.2,
                "val-full-" + CONTEXT,
                Map.of(),
                1,
                corpus,
                "test",
                Instant.parse("2026-01-01T00:00:00Z"));
    }
}
