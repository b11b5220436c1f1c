package tinylm.card;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tinylm.card.Curve.Point;

/// Draws a [Curve] as SVG, on paper of its own: light, or dark where the reader's system is and the style may say so.
public final class CurveSvg {

    /// The only style; a content security policy names its hash. The attributes beside it are the light colours.
    public static final String STYLE = "@media (prefers-color-scheme: dark) {"
            + " .paper { fill: #1b1e24 } .ink { fill: #e6e0d3 } .faint { fill: #9d978b } .rule { stroke: #30343c }"
            + " .training { stroke: #83878f } .validation { stroke: #e8957f } .dot { fill: #e8957f } }";

    private static final int WIDTH = 720;
    private static final int HEIGHT = 360;
    private static final int LEFT = 52;
    private static final int RIGHT = WIDTH - 20;
    private static final int TOP = 44;
    private static final int BOTTOM = HEIGHT - 48;
    private static final int MOST_DOTS = 60;

    private final StringBuilder svg = new StringBuilder();

    private CurveSvg() {}

    /// @param title any text
    public static String of(Curve curve, String title) {
        return new CurveSvg().drawn(curve, title);
    }

    private String drawn(Curve curve, String title) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, HEIGHT, WIDTH, HEIGHT);
        add("<title>Losses of %s</title>", xml(title));
        add("<style>%s</style>", STYLE);
        add("<rect class=\"paper\" width=\"%d\" height=\"%d\" fill=\"#fdfbf6\"/>", WIDTH, HEIGHT);
        if (curve.training().isEmpty() && curve.validation().isEmpty()) {
            text("ink", "middle", WIDTH / 2.0, HEIGHT / 2.0, "No loss yet.");
        } else {
            var across = Axis.from(0, Math.max(curve.steps(), 1), 1);
            var up = losses(curve);
            axes(across, up);
            line("training", "#918673", curve.training(), across, up);
            line("validation", "#8e2a1c", curve.validation(), across, up);
            dots(curve.validation(), across, up);
            legend(curve);
        }
        return svg.append("</svg>\n").toString();
    }

    private static Axis losses(Curve curve) {
        var all = Stream.concat(curve.training().stream(), curve.validation().stream())
                .mapToDouble(Point::loss)
                .summaryStatistics();
        double room = Math.max((all.getMax() - all.getMin()) * 0.04, 0.01 * Math.max(1, Math.abs(all.getMax())));
        return Axis.around(all.getMin() - room, all.getMax() + room);
    }

    private void axes(Axis across, Axis up) {
        for (double loss : up.ticks()) {
            double y = y(up, loss);
            add("<path class=\"rule\" d=\"M%d %.1fH%d\" stroke=\"#ddd4c2\"/>", LEFT, y, RIGHT, y);
            text("faint", "end", LEFT - 8, y + 4, up.label(loss));
        }
        for (double step : across.ticks()) {
            text("faint", "middle", x(across, step), BOTTOM + 18, across.label(step));
        }
        text("faint", "end", RIGHT, BOTTOM + 38, "step");
    }

    private void legend(Curve curve) {
        var mean = curve.span() == 1 ? "" : ", mean of " + curve.span() + " steps";
        add("<path class=\"training\" d=\"M%d 20h22\" stroke=\"#918673\" stroke-width=\"1.5\"/>", LEFT);
        text("ink", "start", LEFT + 28, 24, "training" + mean);
        add("<path class=\"validation\" d=\"M%d 20h22\" stroke=\"#8e2a1c\" stroke-width=\"2\"/>", LEFT + 240);
        text("ink", "start", LEFT + 268, 24, "validation");
        text("faint", "end", RIGHT, 24, "nats per character");
    }

    private void line(String kind, String stroke, List<Point> points, Axis across, Axis up) {
        if (points.size() > 1) {
            var way = points.stream().map(point -> at(point, across, up)).collect(Collectors.joining("L", "M", ""));
            add(
                    "<path class=\"%s\" d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-linejoin=\"round\"/>",
                    kind, way, stroke, kind.equals("training") ? "1.5" : "2");
        }
    }

    private void dots(List<Point> points, Axis across, Axis up) {
        for (var point : points.size() > MOST_DOTS ? List.<Point>of() : points) {
            add(
                    "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#8e2a1c\"/>",
                    x(across, point.step()), y(up, point.loss()));
        }
    }

    private void text(String kind, String anchor, double x, double y, String words) {
        var fill = kind.equals("ink") ? "#25211b" : "#6a6255";
        add(
                "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>",
                kind, x, y, anchor, fill, xml(words));
    }

    private static String at(Point point, Axis across, Axis up) {
        return String.format(Locale.ROOT, "%.1f %.1f", x(across, point.step()), y(up, point.loss()));
    }

    private static double x(Axis across, double step) {
        return LEFT + across.share(step) * (RIGHT - LEFT);
    }

    private static double y(Axis up, double loss) {
        return BOTTOM - up.share(loss) * (BOTTOM - TOP);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }

    /// As XML takes it: what it forbids even escaped becomes a question mark.
    static String xml(String text) {
        return text.codePoints()
                .mapToObj(point -> switch (point) {
                    case '&' -> "&amp;";
                    case '<' -> "&lt;";
                    case '>' -> "&gt;";
                    case '"' -> "&quot;";
                    default -> isXml(point) ? Character.toString(point) : "?";
                })
                .collect(Collectors.joining());
    }

    private static boolean isXml(int point) {
        return point == '\t'
                || point == '\n'
                || point == '\r'
                || point >= 0x20 && point <= 0xD7FF
                || point >= 0xE000 && point <= 0xFFFD
                || point >= 0x10000;
    }

    /// Numbers along an edge.
    ///
    /// @param tick between two labels: 1, 2 or 5 times a power of ten
    private record Axis(double low, double high, double tick) {

        private static final int LABELS = 6;

        /// @param least tick
        static Axis from(double low, double high, double least) {
            double rough = (high - low) / LABELS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double tick = DoubleStream.of(1, 2, 5)
                    .map(factor -> factor * power)
                    .filter(one -> one >= rough)
                    .findFirst()
                    .orElse(10 * power);
            return new Axis(low, high, Math.max(tick, least));
        }

        /// Begins and ends with a label.
        static Axis around(double low, double high) {
            double tick = from(low, high, 0).tick();
            return new Axis(Math.floor(low / tick) * tick, Math.ceil(high / tick) * tick, tick);
        }

        double share(double value) {
            return (value - low) / (high - low);
        }

        double[] ticks() {
            return IntStream.rangeClosed(0, (int) Math.floor((high - low) / tick + 1e-9))
                    .mapToDouble(i -> low + i * tick)
                    .toArray();
        }

        String label(double value) {
            int decimals = (int) Math.max(0, -Math.floor(Math.log10(tick) + 1e-9));
            return String.format(Locale.ROOT, "%,." + decimals + "f", value);
        }
    }
}
