package tinylm.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.card.ScriptedRuns.step;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.runs.Report;

class MetricsTableTest {

    @TempDir
    Path folder;

    private ScriptedRuns scripted;
    private String id;

    @BeforeEach
    void start() {
        scripted = new ScriptedRuns(folder);
        id = scripted.start("one", Map.of("steps", 20_000)).id();
    }

    @Test
    void every_digit_of_every_step_comes_back_from_both_forms_over_many_pages() throws Exception {
        var random = new Random(3);
        var steps = LongStream.rangeClosed(1, 10_000) // two full pages, and an empty one
                .mapToObj(step -> new Report.Step(
                        step,
                        1 + random.nextDouble(),
                        random.nextDouble() * 1e-9,
                        random.nextDouble() * 1e9,
                        random.nextDouble(),
                        random.nextLong(1L << 53, Long.MAX_VALUE),
                        step / 3.0))
                .toList();
        var evaluations = List.of(
                new Report.Evaluation(4_999, OptionalDouble.of(2.0 / 3), 1.0 / 3, 7.0 / 3),
                new Report.Evaluation(5_000, OptionalDouble.empty(), 1e-300, 0.1),
                new Report.Evaluation(10_000, OptionalDouble.of(4), 5, 6));
        scripted.report(id, Report.Phase.TRAINING, "", steps, evaluations, List.of());

        var lines = csv().split("\r\n");
        assertEquals(10_001, lines.length);
        assertEquals(
                "step,loss_nats_per_character,learning_rate,gradient_norm,speed_characters_per_second,memory_bytes,"
                        + "elapsed_seconds,evaluation_train_loss_nats_per_character,"
                        + "evaluation_validation_loss_nats_per_character,evaluation_elapsed_seconds",
                lines[0]);
        var titles = lines[0].split(",");
        var rows = new ObjectMapper().readTree(json());
        assertEquals(10_000, rows.size());
        for (int i = 0; i < 10_000; i++) {
            var cells = lines[i + 1].split(",", -1);
            var step = steps.get(i);
            assertEquals(
                    step,
                    new Report.Step(
                            Long.parseLong(cells[0]),
                            Double.parseDouble(cells[1]),
                            Double.parseDouble(cells[2]),
                            Double.parseDouble(cells[3]),
                            Double.parseDouble(cells[4]),
                            Long.parseLong(cells[5]),
                            Double.parseDouble(cells[6])));
            for (int column = 0; column < titles.length; column++) {
                var value = rows.get(i).get(titles[column]);
                assertEquals(cells[column], value == null ? "" : value.asText(), titles[column] + " in row " + i);
            }
        }
        assertTrue(lines[4_999].endsWith("," + 2.0 / 3 + "," + 1.0 / 3 + "," + 7.0 / 3), lines[4_999]);
        assertTrue(lines[5_000].endsWith(",,1.0E-300,0.1"), lines[5_000]);
        assertTrue(lines[10_000].endsWith(",4.0,5.0,6.0"), lines[10_000]);
        assertTrue(lines[1].endsWith(",,,"), lines[1]);
    }

    @Test
    void an_evaluation_without_its_step_has_a_row_of_its_own() throws Exception {
        scripted.report(
                id,
                Report.Phase.TRAINING,
                "",
                List.of(step(2, 3)),
                List.of(
                        new Report.Evaluation(1, OptionalDouble.empty(), 4, 1),
                        new Report.Evaluation(3, OptionalDouble.empty(), 2, 3)),
                List.of());
        var lines = csv().split("\r\n");
        assertEquals(4, lines.length);
        assertEquals("1,,,,,,,,4.0,1.0", lines[1]);
        assertTrue(lines[2].startsWith("2,3.0,") && lines[2].endsWith(",,,"), lines[2]);
        assertEquals("3,,,,,,,,2.0,3.0", lines[3]);
    }

    @Test
    void a_run_without_steps_has_titles_and_an_empty_array() throws Exception {
        assertEquals(1, csv().split("\r\n").length);
        assertEquals(0, new ObjectMapper().readTree(json()).size());
    }

    @Test
    void what_broke_off_does_not_look_whole() {
        scripted.report(id, Report.Phase.TRAINING, "", List.of(step(1, 3), step(2, 3)), List.of(), List.of());
        var sent = new ByteArrayOutputStream();
        var breaks = new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                if (sent.size() == 100) {
                    throw new IOException("gone");
                }
                sent.write(one);
            }
        };
        assertThrows(IOException.class, () -> MetricsTable.writeJson(scripted.runs, id, breaks));
        assertFalse(sent.toString(StandardCharsets.UTF_8).strip().endsWith("]"));
    }

    private String csv() throws IOException {
        var out = new ByteArrayOutputStream();
        MetricsTable.writeCsv(scripted.runs, id, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private String json() throws IOException {
        var out = new ByteArrayOutputStream();
        MetricsTable.writeJson(scripted.runs, id, out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
