package tinylm.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import tinylm.runs.Eta;
import tinylm.runs.EtaEstimator;
import tinylm.training.Ending;
import tinylm.training.Trainer;
import tinylm.training.TrainingConfig;
import tinylm.training.TrainingEvent;
import tinylm.training.TrainingEvent.Evaluated;
import tinylm.training.TrainingEvent.Saved;
import tinylm.training.TrainingEvent.Saving;
import tinylm.training.TrainingEvent.Stepped;

/// A run on the terminal: one line that is overwritten at every step, and one that stays for every evaluation.
final class TrainingProgress {

    private final PrintWriter out;
    private final boolean terminal =
            System.console() != null && System.console().isTerminal();
    private TrainingConfig config;
    private long begunAtStep;
    private long begunAt;
    private double smoothedLoss = Double.NaN;
    private double validationLoss = Double.NaN;
    private Stepped latest;
    private EtaEstimator estimator;
    private Optional<Eta> eta = Optional.empty();
    private long printedAt;

    TrainingProgress(PrintWriter out) {
        this.out = out;
    }

    void begin(Trainer trainer) {
        config = trainer.config();
        begunAtStep = trainer.step();
        begunAt = System.nanoTime();
        estimator = new EtaEstimator(config, begunAtStep, trainer.corpus().validationIds().length);
        out.printf(
                "%,d parameters, steps %,d to %,d of %,d characters%n",
                config.model().parameterCount(), trainer.step(), config.steps(), config.charactersPerStep());
        out.flush();
    }

    void on(TrainingEvent event) {
        switch (event) {
            case Stepped stepped -> {
                latest = stepped;
                smoothedLoss =
                        Double.isNaN(smoothedLoss) ? stepped.loss() : 0.95 * smoothedLoss + 0.05 * stepped.loss();
                long now = System.nanoTime();
                eta = estimator.at(stepped.step(), (now - begunAt) / 1e9);
                if (now - printedAt > (terminal ? 200_000_000L : 30_000_000_000L)) {
                    printedAt = now;
                    out.print((terminal ? "\r" : "") + line() + (terminal ? "\u001b[K" : System.lineSeparator()));
                    out.flush();
                }
            }
            case Evaluated evaluated -> {
                validationLoss = evaluated.validationLoss();
                out.printf(
                        "%sstep %,d: training loss %.4f, validation loss %.4f (%s)%n",
                        terminal ? "\r\u001b[K" : "",
                        evaluated.step(),
                        evaluated.trainLoss(),
                        evaluated.validationLoss(),
                        evaluated.protocol());
                out.flush();
            }
            case Saving _, Saved _ -> {}
        }
    }

    /// How long the run still takes; empty before the second step.
    Optional<Eta> eta() {
        return eta;
    }

    /// A checkpoint that cannot be resumed from.
    void refused(String sentence) {
        out.println("Passed over: " + sentence);
        out.flush();
    }

    private String line() {
        double elapsed = (System.nanoTime() - begunAt) / 1e9;
        double perStep = elapsed / (latest.step() - begunAtStep);
        return "step %,d/%,d  loss %.3f  validation %s  learning rate %.2e  %,.0f characters/s%s"
                .formatted(
                        latest.step(),
                        config.steps(),
                        smoothedLoss,
                        Double.isNaN(validationLoss) ? "-" : "%.4f".formatted(validationLoss),
                        latest.learningRate(),
                        config.charactersPerStep() / perStep,
                        eta.map(one -> "  %s left".formatted(duration(one.seconds())))
                                .orElse(""));
    }

    private static String duration(double seconds) {
        Duration left = Duration.ofSeconds(Math.round(seconds));
        return left.toHours() > 0
                ? "%d h %02d min".formatted(left.toHours(), left.toMinutesPart())
                : left.toMinutes() > 0
                        ? "%d min %02d s".formatted(left.toMinutes(), left.toSecondsPart())
                        : left.toSeconds() + " s";
    }

    /// Says how the run ended, and returns the exit code for it.
    int end(Ending ending, Path directory) {
        String prefix = terminal ? "\r\u001b[K" : "";
        int code = switch (ending) {
            case Ending.Completed _ -> {
                out.printf("%sDone. The best checkpoint is %s%n", prefix, directory.resolve("best"));
                yield 0;
            }
            case Ending.Plateaued plateaued -> {
                out.printf(
                        "%sEnded early at step %,d: the validation loss has not fallen since step %,d. The best checkpoint"
                                + " is %s%n",
                        prefix, plateaued.step(), plateaued.bestStep(), directory.resolve("best"));
                yield 0;
            }
            case Ending.Stopped stopped -> {
                out.printf(
                        "%sStopped at step %,d; saved in %s. --resume goes on from there.%n",
                        prefix, stopped.step(), directory);
                yield 0;
            }
            case Ending.Diverged diverged -> {
                out.printf(
                        "%stinylm: %s Try a lower learning rate. Earlier checkpoints in %s are as they were.%n",
                        prefix, diverged.sentence(), directory);
                yield 1;
            }
        };
        out.flush();
        return code;
    }
}
