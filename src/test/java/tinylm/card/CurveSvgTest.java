package tinylm.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.card.ScriptedRuns.evaluation;
import static tinylm.card.ScriptedRuns.step;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import tinylm.card.Curve.Point;
import tinylm.runs.Report;

class CurveSvgTest {

    @TempDir
    Path folder;

    @Test
    void both_lines_go_down_where_the_losses_do_and_the_axes_have_numbers() throws Exception {
        var curve = new Curve(
                500,
                5,
                List.of(new Point(3, 4), new Point(250, 2), new Point(498, 1.5)),
                List.of(new Point(200, 2.5), new Point(500, 1.75)));
        var svg = parsed(CurveSvg.of(curve, "mine"));
        assertEquals("Losses of mine", texts(svg, "title").getFirst());
        var words = texts(svg, "text");
        assertTrue(
                words.containsAll(List.of("0", "100", "500", "step", "nats per character", "validation")), words + "");
        assertTrue(words.contains("training, mean of 5 steps"), words + "");
        assertTrue(words.containsAll(List.of("1.0", "4.5")), words + "");
        assertEquals(2, svg.getElementsByTagName("circle").getLength());
        var way = way(svg, "training");
        assertEquals(3, way.size());
        assertTrue(way.get(0)[1] < way.get(1)[1] && way.get(1)[1] < way.get(2)[1], "y grows downwards");
        assertEquals(2, way(svg, "validation").size());
        for (var point : way) {
            assertTrue(point[0] >= 52 && point[0] <= 700 && point[1] >= 44 && point[1] <= 312);
        }
    }

    @Test
    void nothing_in_a_title_becomes_a_mark() throws Exception {
        var title = "</title><script>alert(1)</script> &amp; \"q\" ]]> \u0001\uFFFE\uD800 \uD83D\uDE00";
        var svg = parsed(CurveSvg.of(new Curve(0, 1, List.of(), List.of()), title));
        assertEquals(0, svg.getElementsByTagName("script").getLength());
        assertEquals(
                "Losses of </title><script>alert(1)</script> &amp; \"q\" ]]> ??? \uD83D\uDE00",
                texts(svg, "title").getFirst());
        assertEquals(List.of("No loss yet."), texts(svg, "text"));
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 3", "2, 1e-9, 1e-9", "7, 0, 1e6", "10000000, 0.9999, 1.0001", "1, 1e12, 1e12"})
    void any_losses_have_axes_that_hold_them(long steps, double first, double last) throws Exception {
        var points = List.of(new Point(1, first), new Point(steps, last));
        var svg = CurveSvg.of(new Curve(steps, 1, points, List.of(new Point(steps, last))), "x");
        var way = way(parsed(svg), "training");
        assertTrue(!svg.contains("NaN") && !svg.contains("Infinity"), svg);
        for (var point : way) {
            assertTrue(point[0] >= 52 && point[0] <= 700 && point[1] >= 44 && point[1] <= 312, svg);
        }
        var labels = texts(parsed(svg), "text");
        assertTrue(labels.size() >= 6 && labels.size() <= 24, labels + "");
    }

    @Test
    void points_are_means_of_all_steps_and_few() {
        var scripted = new ScriptedRuns(folder);
        var run = scripted.start("long", Map.of("steps", 20_000));
        var steps = new ArrayList<>(LongStream.rangeClosed(1, 12_345)
                .mapToObj(step -> step(step, step % 2 == 0 ? 3 : 5))
                .toList());
        steps.set(0, step(1, Double.NaN));
        var evaluations = LongStream.rangeClosed(1, 1_234)
                .mapToObj(number -> evaluation(number * 10, 2))
                .toList();
        scripted.report(run.id(), Report.Phase.TRAINING, "", steps, evaluations, List.of());
        var curve = Curve.of(scripted.runs, scripted.runs.get(run.id()));
        assertEquals(12_345, curve.steps());
        assertEquals(103, curve.span());
        assertEquals(120, curve.training().size());
        assertEquals(52.5, curve.training().getFirst().step(), "steps 2 to 103");
        assertEquals(4, curve.training().getFirst().loss());
        assertEquals((3 * 51 + 5 * 52) / 103.0, curve.training().get(2).loss(), 1e-12);
        assertTrue(curve.validation().size() > 300 && curve.validation().size() <= 401);
        assertEquals(12_340, curve.validation().getLast().step());
    }

    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static List<String> texts(Document svg, String tag) {
        var texts = new ArrayList<String>();
        var all = svg.getElementsByTagName(tag);
        for (int i = 0; i < all.getLength(); i++) {
            texts.add(all.item(i).getTextContent());
        }
        return texts;
    }

    private static List<double[]> way(Document svg, String kind) {
        var all = svg.getElementsByTagName("path");
        for (int i = 0; i < all.getLength(); i++) {
            var path = (Element) all.item(i);
            if (path.getAttribute("class").equals(kind)
                    && path.getAttribute("fill").equals("none")) {
                return List.of(path.getAttribute("d").substring(1).split("L")).stream()
                        .map(pair -> List.of(pair.split(" ")).stream()
                                .mapToDouble(Double::parseDouble)
                                .toArray())
                        .toList();
            }
        }
        throw new AssertionError("no line " + kind);
    }
}
