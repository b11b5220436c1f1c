package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;
import tinylm.training.Preset;
import tinylm.training.TrainingConfig;

class EtaEstimatorTest {

    private static final int VALIDATION_CHARACTERS = 5_000;

    @Test
    void at_a_steady_pace_it_is_right_from_the_second_step_on_whatever_the_stage() {
        for (var preset : Preset.values()) {
            var config = preset.config().withSteps(737);
            for (long from : new long[] {0, 5, 400, 730}) {
                var times = new Times(config, from, step -> step == from + 1 ? 50 : 1); // the first one is slow
                var eta = new EtaEstimator(config, from, VALIDATION_CHARACTERS);
                assertEquals(Optional.empty(), eta.at(from + 1, times.after(from + 1)));
                for (long step = from + 2; step <= config.steps(); step++) {
                    var said = eta.at(step, times.after(step)).orElseThrow();
                    double left = times.end() - times.after(step);
                    assertEquals(left, said.seconds(), 1e-9 * times.end(), preset + " " + from + " " + step);
                    assertEquals(left, said.low(), 1e-9 * times.end());
                    assertEquals(left, said.high(), 1e-9 * times.end());
                }
            }
        }
    }

    @Test
    void when_the_pace_changes_the_range_holds_what_will_be() {
        var config = Preset.SMALL.config();
        var times = new Times(config, 0, step -> step <= 900 ? 1 : 2);
        var eta = new EtaEstimator(config, 0, VALIDATION_CHARACTERS);
        for (long step = 1; step <= 1_000; step++) {
            eta.at(step, times.after(step));
        }
        for (long step = 1_001; step < config.steps(); step++) {
            var said = eta.at(step, times.after(step)).orElseThrow();
            double left = times.end() - times.after(step);
            assertTrue(said.low() <= said.seconds() && said.seconds() <= said.high());
            if (step > 1_200) {
                assertTrue(
                        said.low() <= left && left <= said.high() * (1 + 1e-9),
                        step + ": " + left + " is not in " + said);
                assertTrue(said.seconds() < left, "the whole was faster");
            }
        }
    }

    @Test
    void after_the_last_step_what_is_left_is_its_evaluation() {
        var config = Preset.DEMO.config();
        var times = new Times(config, 0, _ -> 1);
        var eta = new EtaEstimator(config, 0, VALIDATION_CHARACTERS);
        eta.at(1, times.after(1));
        double left = eta.at(config.steps(), times.after(config.steps()))
                .orElseThrow()
                .seconds();
        assertTrue(left > 0 && left < 10 * (times.after(2) - times.after(1)), "seconds left: " + left);
    }

    /// When each step of a run ends whose machine does a million multiplications a second, or slower.
    private static final class Times {

        private final double[] after;
        private final long from;
        private final double end;

        Times(TrainingConfig config, long from, LongToDoubleFunction slowness) {
            this.from = from;
            this.after = new double[(int) (config.steps() - from)];
            double time = 0;
            for (long step = from + 1; step <= config.steps(); step++) {
                double pace = slowness.applyAsDouble(step) / 1e6;
                time += pace * multiplications(config, config.contextAt(step - 1));
                after[(int) (step - from - 1)] = time;
                if (step % config.evaluationInterval() == 0 || step == config.steps()) {
                    time += pace
                            * multiplications(config, config.model().contextLength())
                            * VALIDATION_CHARACTERS
                            / config.charactersPerStep()
                            / 3;
                }
            }
            this.end = time;
        }

        double after(long step) {
            return after[(int) (step - from - 1)];
        }

        double end() {
            return end;
        }

        private static double multiplications(TrainingConfig config, int context) {
            var model = config.model();
            double width = model.nEmbd();
            return model.nLayer() * width * (12 * width + 2 * context) + model.vocabSize() * width;
        }
    }
}
