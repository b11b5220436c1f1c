package tinylm.checkpoint;

import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import tinylm.model.GptConfig;
import tinylm.model.ParameterShapes;
import tinylm.text.CharTokenizer;

/// Checkpoints of tiny models with random weights, which babble.
public final class Babble {

    private Babble() {}

    /// Saves one into a run's folder.
    ///
    /// @param seed of its weights; with another one it says something else
    public static Checkpoint save(Path run, String alphabet, int contextLength, long step, long seed) {
        var tokenizer = CharTokenizer.of(alphabet);
        var config = new GptConfig(tokenizer.vocabSize(), contextLength, 2, 2, 16, 0);
        return Checkpoints.save(
                run,
                new CheckpointContents(
                        config, tokenizer, weights(config, seed), Map.of(), provenance(contextLength, step)));
    }

    public static Provenance provenance(int contextLength, long step) {
        return new Provenance(
                step,
                4.2,
                step,
                4.2,
                "val-full-" + contextLength,
                Map.of(),
                1,
                new Provenance.CorpusReference("babble", "0".repeat(64)),
                "test",
                Instant.parse("2026-01-01T00:00:00Z"));
    }

    private static Map<String, Tensor> weights(GptConfig config, long seed) {
        var random = new Random(seed);
        var weights = new LinkedHashMap<String, Tensor>();
        ParameterShapes.of(config).forEach((name, shape) -> {
            var values = new float[(int) Tensor.size(shape)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.3 * random.nextGaussian());
            }
            weights.put(name, Tensor.of(values, shape));
        });
        return weights;
    }
}
