package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SamplingParametersTest {

    @Test
    void the_ends_of_every_range_are_allowed() {
        new SamplingParameters(0, 0, Double.MIN_VALUE, 0, 0.1, Long.MIN_VALUE, 1);
        new SamplingParameters(2, Integer.MAX_VALUE, 1, Math.nextDown(1.0), 10, Long.MAX_VALUE, Integer.MAX_VALUE);
    }

    @Test
    void what_is_outside_a_range_is_refused_with_the_range() {
        for (double bad : new double[] {-1, -0.01, 2.01, 1e308, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("temperature must be between 0 and 2", bad, 0, 1, 0, 1, 1);
        }
        for (double bad : new double[] {-1, 0, 1.01, 1e308, Double.NaN, Double.NEGATIVE_INFINITY}) {
            refused("top_p must be above 0 and at most 1", 1, 0, bad, 0, 1, 1);
        }
        for (double bad : new double[] {-0.1, 1, 1e308, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("min_p must be at least 0 and below 1", 1, 0, 1, bad, 1, 1);
        }
        for (double bad : new double[] {-1, 0, 0.09, 10.1, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("repetition_penalty must be between 0.1 and 10", 1, 0, 1, 0, bad, 1);
        }
        refused("top_k must be at least 0", 1, -1, 1, 0, 1, 1);
        refused("max_output_tokens must be at least 1", 1, 0, 1, 0, 1, 0);
    }

    private static void refused(
            String rule, double temperature, int topK, double topP, double minP, double penalty, int maxTokens) {
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> new SamplingParameters(temperature, topK, topP, minP, penalty, 1, maxTokens));
        assertTrue(thrown.getMessage().startsWith(rule), thrown.getMessage());
    }
}
