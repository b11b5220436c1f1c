package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import tinylm.training.Preset;
import tinylm.training.TrainingConfig;

class EtaTest {

    @Test
    void what_is_left_is_weighed_step_by_step_whatever_the_stage() {
        for (var preset : Preset.values()) {
            var config = preset.config().withSteps(37);
            for (long from : new long[] {0, 5, 30}) {
                for (long step = from + 1; step <= config.steps(); step++) {
                    double expected = cost(config, step, config.steps()) / cost(config, from, step) * 3;
                    assertEquals(expected, new Eta(config, from).at(step, 3).orElseThrow(), 1e-9, preset + " " + step);
                }
            }
        }
    }

    @Test
    void nothing_is_said_before_the_first_step_and_zero_after_the_last() {
        var config = Preset.DEMO.config();
        assertEquals(OptionalDouble.empty(), new Eta(config, 7).at(7, 1));
        assertEquals(OptionalDouble.of(0), new Eta(config, 0).at(config.steps(), 60));
    }

    @Test
    void longer_windows_cost_more() {
        var config = Preset.DEMO.config(); // its windows grow until half of the steps are done
        double left = new Eta(config, 0).at(config.steps() / 2, 30).orElseThrow();
        assertTrue(left > 30, "half of the steps took 30 s, and the other half should take " + left);
    }

    private static double cost(TrainingConfig config, long first, long end) {
        var model = config.model();
        double width = model.nEmbd();
        double sum = 0;
        for (long step = first; step < end; step++) {
            sum += model.nLayer() * width * (12 * width + 2 * config.contextAt(step)) + model.vocabSize() * width;
        }
        return sum;
    }
}
