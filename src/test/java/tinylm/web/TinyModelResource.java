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
        var config = new GptConfig(ALPHABET.length(), CONTEXT, 2, 2, 16, 0);
        var checkpoint = Checkpoints.save(
                directory,
                new CheckpointContents(config, CharTokenizer.of(ALPHABET), weights(config), Map.of(), provenance()));
        return Map.of("tinylm.checkpoint", checkpoint.directory().toString(), "tinylm.slots", "8");
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

    private static Map<String, Tensor> weights(GptConfig config) {
        var random = new Random(1);
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
        var corpus = new Provenance.CorpusReference("babble", "0".repeat(64));
        return new Provenance(
                1, 4.2, 4.2, "val-full-" + CONTEXT, Map.of(), 1, corpus, "test", Instant.parse("2026-01-01T00:00:00Z"));
    }
}
