package tinylm.checkpoint;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import tinylm.model.GptConfig;
import tinylm.model.ParameterShapes;
import tinylm.text.CharTokenizer;

/// Contents of a checkpoint that is small enough to be saved hundreds of times.
final class TinyCheckpoint {

    static final GptConfig CONFIG = new GptConfig(11, 8, 2, 2, 8, 0.1);
    static final CharTokenizer TOKENIZER = CharTokenizer.of("\n !abcdeéß😀");

    private TinyCheckpoint() {}

    static CheckpointContents contents(long step, double validationLoss) {
        return new CheckpointContents(
                CONFIG, TOKENIZER, weights(step), optimizer(step), provenance(step, validationLoss));
    }

    static LinkedHashMap<String, Tensor> weights(long seed) {
        var random = new Random(seed);
        var weights = new LinkedHashMap<String, Tensor>();
        ParameterShapes.of(CONFIG).forEach((name, shape) -> weights.put(name, tensor(random, shape)));
        return weights;
    }

    static Map<String, Tensor> optimizer(long seed) {
        var random = new Random(-seed - 1);
        var state = new LinkedHashMap<String, Tensor>();
        state.put("adamw.step", tensor(random));
        state.put("adamw.m.transformer.wte.weight", tensor(random, 11, 8));
        return state;
    }

    static Provenance provenance(long step, double validationLoss) {
        var config = new LinkedHashMap<String, Object>();
        config.put("learningRate", 6e-4);
        config.put("batchSize", 64);
        config.put("preset", "tiny");
        return new Provenance(
                step,
                1.25,
                step,
                validationLoss,
                "val-full-8",
                config,
                -7,
                new Provenance.CorpusReference("ours", "ab".repeat(32)),
                "0.1.0",
                Instant.parse("2026-01-31T12:00:00Z"));
    }

    static Tensor tensor(Random random, long... shape) {
        var values = new float[(int) Tensor.size(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(random.nextInt());
        }
        return Tensor.of(values, shape);
    }
}
