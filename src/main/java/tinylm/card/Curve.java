package tinylm.card;

import java.util.ArrayList;
import java.util.List;
import tinylm.runs.Report;
import tinylm.runs.Run;
import tinylm.runs.Runs;

/// How the losses of a run went, in few enough points to be drawn.
///
/// @param steps along the axis; 0 before the first
/// @param span how many steps a point of `training` is the mean of, at most
/// @param training placed at the middle of its steps
public record Curve(long steps, long span, List<Point> training, List<Point> validation) {

    /// @param loss nats per character
    public record Point(double step, double loss) {}

    private static final long MOST_POINTS = 120;
    private static final int MOST_EVALUATIONS = 400;

    public Curve {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
    }

    public static Curve of(Runs runs, Run run) {
        long steps = run.progress().step();
        var means = new Means(Math.ceilDiv(Math.max(steps, 1), MOST_POINTS));
        runs.eachStep(run.id(), means::add);
        return new Curve(steps, means.span, means.finished(), thinned(runs.evaluations(run.id(), -1)));
    }

    /// Every so manieth, and the last.
    private static List<Point> thinned(List<Report.Evaluation> all) {
        int stride = Math.ceilDiv(Math.max(all.size(), 1), MOST_EVALUATIONS);
        var kept = new ArrayList<Point>();
        for (int i = 0; i < all.size(); i++) {
            var one = all.get(i);
            if ((i % stride == 0 || i == all.size() - 1) && Double.isFinite(one.validationLoss())) {
                kept.add(new Point(one.step(), one.validationLoss()));
            }
        }
        return kept;
    }

    /// Means over steps 1..span, span + 1..2 span and so on; what is no number is left out.
    private static final class Means {

        private final long span;
        private final List<Point> points = new ArrayList<>();
        private long piece = -1;
        private double steps;
        private double losses;
        private int count;

        Means(long span) {
            this.span = span;
        }

        void add(Report.Step step) {
            if (!Double.isFinite(step.loss())) {
                return;
            }
            long at = (step.step() - 1) / span;
            if (at != piece) {
                finish();
                piece = at;
            }
            steps += step.step();
            losses += step.loss();
            count++;
        }

        List<Point> finished() {
            finish();
            return points;
        }

        private void finish() {
            if (count > 0) {
                points.add(new Point(steps / count, losses / count));
            }
            steps = 0;
            losses = 0;
            count = 0;
        }
    }
}
