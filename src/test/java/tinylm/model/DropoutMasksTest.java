package tinylm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DropoutMasksTest {

    @Test
    void masks_are_a_function_of_seed_step_part_and_place() {
        float[] first = masks(7, 3, 1, 1000);
        assertArrayEquals(first, masks(7, 3, 1, 1000));
        assertFalse(Arrays.equals(first, masks(8, 3, 1, 1000)), "seed");
        assertFalse(Arrays.equals(first, masks(7, 4, 1, 1000)), "step");
        assertFalse(Arrays.equals(first, masks(7, 3, 2, 1000)), "part");
    }

    @Test
    void a_tenth_is_dropped_and_the_rest_scaled_so_that_the_mean_stays() {
        float[] values = masks(1, 0, 0, 100_000);
        long dropped = 0;
        for (float value : values) {
            assertTrue(value == 0 || Math.abs(value - 1 / 0.9) < 1e-4, "value " + value);
            dropped += value == 0 ? 1 : 0;
        }
        assertEquals(0.1, dropped / 100_000.0, 0.005);
    }

    /// Two that are dropped by chance alone are dropped together as often as their chances' product says: elements of
    /// one mask at any distance, and the same or shifted elements of another part, step or seed.
    @Test
    void what_is_dropped_depends_on_nothing_else() {
        float[] mask = masks(1, 0, 0, 1_000_000);
        for (int distance : new int[] {1, 2, 3, 16, 64, 256, 4095, 4096, 4097, 8192, 65536}) {
            assertEquals(0.01, bothDropped(mask, mask, distance), 0.0005, "distance " + distance);
        }
        for (float[] other :
                new float[][] {masks(1, 0, 1, 1_000_000), masks(1, 1, 0, 1_000_000), masks(2, 0, 0, 1_000_000)}) {
            for (int distance : new int[] {0, 1, 256, 4096}) {
                assertEquals(0.01, bothDropped(mask, other, distance), 0.0005, "distance " + distance);
            }
        }
    }

    private static double bothDropped(float[] one, float[] other, int distance) {
        int both = 0;
        for (int i = distance; i < one.length; i++) {
            both += one[i] == 0 && other[i - distance] == 0 ? 1 : 0;
        }
        return both / (double) (one.length - distance);
    }

    @Test
    void every_size_fits() {
        for (int size = 1; size <= 130; size++) {
            assertEquals(size, masks(1, 0, 0, size).length);
        }
    }

    @Test
    void a_probability_outside_zero_and_one_is_refused() {
        for (double wrong : new double[] {0, 1, -0.1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> new DropoutMasks(wrong, 1), "probability " + wrong);
        }
    }

    private static float[] masks(long seed, long step, int part, int size) {
        Torch.load(1);
        try (NDManager manager = NDManager.newBaseManager()) {
            DropoutMasks masks = new DropoutMasks(0.1, seed);
            masks.begin(step, part);
            return masks.apply(manager.ones(new Shape(size))).toFloatArray();
        }
    }
}
