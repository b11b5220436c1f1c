package tinylm.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.model.Dropout;
import tinylm.model.FullSequence;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.ParameterShapes;
import tinylm.model.Torch;
import tinylm.training.Batches.Batch;
import tinylm.training.GradientStep.Result;

/// The model, its gradients and AdamW against numbers that PyTorch computed in float64 from the same weights.
class GoldenTest {

    private static final String PREFIX = "transformer.";

    @ParameterizedTest
    @ValueSource(strings = {"tiny", "small"})
    void logits_loss_and_every_gradient_equal_pytorchs(String name) throws IOException {
        Golden golden = Golden.read(name);
        try (NDManager manager = NDManager.newBaseManager()) {
            Torch.load(2);
            Gpt model = golden.model(manager);
            Batch batch = golden.batch();
            Torch.recordNoGradients();
            NDArray ids = manager.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
            float[] logits = model.forward(
                            ids, FullSequence.of(manager, model.config(), 0, batch.length()), Dropout.NONE)
                    .toFloatArray();
            JsonNode expected = golden.json.get("logits");
            boolean all = expected.size() == logits.length;
            int offset = all ? 0 : (batch.length() - 1) * model.config().vocabSize();
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(expected.get(i).asDouble(), logits[offset + i], 2e-5, "logit " + i);
            }

            Result result;
            try (GradientStep gradients = new GradientStep(model, 0)) {
                result = gradients.compute(manager, batch, 0, () -> false).orElseThrow();
            }
            assertEquals(golden.json.get("loss").asDouble(), result.loss(), 1e-5, "loss");
            assertEquals(
                    golden.json.get("gradientNorms").size(), result.gradients().size());
            result.gradients().forEach((parameter, gradient) -> {
                String key = parameter.substring(PREFIX.length());
                double norm = golden.json.get("gradientNorms").get(key).asDouble();
                assertEquals(norm, gradient.norm().getFloat(), 1e-3 * norm, "gradient norm of " + key);
                JsonNode first = golden.json.get("gradientsFirst4").get(key);
                float[] values = gradient.toFloatArray();
                for (int i = 0; i < 4; i++) {
                    assertEquals(first.get(i).asDouble(), values[i], 1e-3 * norm, "gradient of " + key + " at " + i);
                }
            });
            double global = GradientClip.apply(manager, result.gradients(), 1e9);
            double expectedGlobal = golden.json.get("globalGradientNorm").asDouble();
            assertEquals(expectedGlobal, global, 1e-3 * expectedGlobal, "global gradient norm");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny", "small"})
    void ten_adamw_steps_equal_pytorchs(String name) throws IOException {
        Golden golden = Golden.read(name);
        JsonNode adamW = golden.json.get("adamW");
        try (NDManager manager = NDManager.newBaseManager()) {
            Torch.load(2);
            Torch.recordNoGradients();
            Gpt model = golden.model(manager);
            double peak = adamW.get("peakLearningRate").asDouble();
            LearningRate schedule = new LearningRate(
                    adamW.get("warmupSteps").asInt(), adamW.get("maxSteps").asInt(), DecayShape.COSINE);
            try (GradientStep gradients = new GradientStep(model, 0);
                    AdamW optimizer = new AdamW(
                            manager,
                            model.parameters(),
                            peak,
                            adamW.get("weightDecay2d").asDouble())) {
                for (JsonNode expected : adamW.get("steps")) {
                    int step = expected.get("step").asInt();
                    Result result = gradients
                            .compute(manager, golden.batch(), step, () -> false)
                            .orElseThrow();
                    assertEquals(expected.get("loss").asDouble(), result.loss(), 1e-3, "loss at step " + step);
                    double norm = GradientClip.apply(
                            manager, result.gradients(), adamW.get("clip").asDouble());
                    double expectedNorm = expected.get("gradientNorm").asDouble();
                    // the key biases' gradient is zero but for rounding, and Adam makes full steps of rounding
                    double tolerance = step == 0 ? 1e-3 : 1e-2;
                    assertEquals(expectedNorm, norm, tolerance * expectedNorm, "gradient norm at step " + step);
                    assertEquals(expected.get("learningRate").asDouble(), peak * schedule.at(step), 1e-9);
                    optimizer.update(manager, result.gradients(), step, schedule.at(step));
                    float[] embedding =
                            model.parameters().get("transformer.wte.weight").toFloatArray();
                    for (int i = 0; i < 4; i++) {
                        assertEquals(
                                expected.get("wteFirst4").get(i).asDouble(), embedding[i], 1e-4, "wte at step " + step);
                    }
                }
            }
        }
    }

    private record Golden(JsonNode json) {

        static Golden read(String name) throws IOException {
            try (var in = GoldenTest.class.getResourceAsStream("/golden/gpt-" + name + ".json")) {
                return new Golden(new ObjectMapper().readTree(in));
            }
        }

        Gpt model(NDManager manager) {
            JsonNode shape = json.get("config");
            GptConfig config = new GptConfig(
                    shape.get("vocabSize").asInt(),
                    shape.get("contextLength").asInt(),
                    shape.get("nLayer").asInt(),
                    shape.get("nHead").asInt(),
                    shape.get("nEmbd").asInt(),
                    0);
            double phase = json.get("phase").asDouble();
            Map<String, FloatBuffer> weights = new LinkedHashMap<>();
            ParameterShapes.of(config).forEach((name, dimensions) -> {
                int p = weights.size();
                boolean gain = dimensions.length == 1 && name.endsWith(".weight");
                float[] values = new float[(int) new Shape(dimensions).size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) ((gain ? 1 : 0) + 0.1 * Math.sin(0.7 * p + 0.37 * i + phase));
                }
                weights.put(name, FloatBuffer.wrap(values));
            });
            return Gpt.load(manager, config, weights);
        }

        Batch batch() {
            return new Batch(
                    json.get("tokens").size(),
                    json.get("tokens").get(0).size(),
                    0,
                    flat(json.get("tokens")),
                    flat(json.get("targets")));
        }

        private static long[] flat(JsonNode rows) {
            long[] values = new long[rows.size() * rows.get(0).size()];
            int i = 0;
            for (JsonNode row : rows) {
                for (JsonNode value : row) {
                    values[i++] = value.asLong();
                }
            }
            return values;
        }
    }
}
