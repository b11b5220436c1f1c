package tinylm.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;
import tinylm.training.Batches.Batch;

class FiniteDifferenceTest {

    /// With dropout on, whose masks must be the same in every forward pass of a step.
    @Test
    void gradients_are_the_slopes_of_the_loss() {
        Torch.load(2);
        Torch.recordNoGradients();
        SplittableRandom random = new SplittableRandom(5);
        Batch batch = new Batch(
                2,
                6,
                1,
                random.longs(12, 0, 9).toArray(),
                random.longs(12, 0, 9).toArray());
        try (NDManager manager = NDManager.newBaseManager()) {
            Gpt model = Gpt.initialize(manager, new GptConfig(9, 8, 2, 2, 8, 0.2), 3);
            model.parameters().values().forEach(parameter -> parameter.addi(parameter.mul(4))); // steeper slopes
            try (GradientStep gradients = new GradientStep(model, 7)) {
                var exact = gradients
                        .compute(manager, batch, 4, () -> false)
                        .orElseThrow()
                        .gradients();
                model.parameters().forEach((name, parameter) -> {
                    float[] slope = exact.get(name).toFloatArray();
                    FloatBuffer values = Torch.view(parameter);
                    for (int trial = 0; trial < 3; trial++) {
                        int i = random.nextInt(slope.length);
                        float before = values.get(i);
                        float h = 0.0003f; // with ten times as much the curve shows
                        values.put(i, before + h);
                        double above = loss(gradients, manager, batch);
                        values.put(i, before - h);
                        double below = loss(gradients, manager, batch);
                        values.put(i, before);
                        assertEquals(
                                (above - below) / (2 * h),
                                slope[i],
                                2e-3 + 0.02 * Math.abs(slope[i]),
                                name + " at " + i);
                    }
                });
            }
        }
    }

    private static double loss(GradientStep gradients, NDManager manager, Batch batch) {
        return gradients.compute(manager, batch, 4, () -> false).orElseThrow().loss();
    }
}
