package tinylm.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.card.ScriptedRuns.evaluation;
import static tinylm.card.ScriptedRuns.step;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.checkpoint.Babble;
import tinylm.runs.Environment;
import tinylm.runs.Report;
import tinylm.runs.RunRefused;

class CardMarkdownTest {

    private static final Instant NOW = Instant.parse("2026-05-06T07:08:09Z");

    @TempDir
    Path folder;

    private ScriptedRuns scripted;

    @BeforeEach
    void open() {
        scripted = new ScriptedRuns(folder);
    }

    @Test
    void a_run_that_is_done_has_everything() throws Exception {
        var run = scripted.start("mine", Map.of("steps", 30, "seed", -7, "evaluationInterval", 10));
        var directory = scripted.runs.directory(run.id());
        var environment = new Environment("9.9", "25.1", "PyTorch 2", "A|B 3000", 64, 12, "Linux 6 amd64");
        scripted.report(
                run.id(),
                Report.Phase.TRAINING,
                "",
                LongStream.rangeClosed(1, 30)
                        .mapToObj(n -> step(n, 4 - n / 30.0))
                        .toList(),
                List.of(evaluation(10, 3.5), evaluation(20, 3.25), evaluation(30, 3.375)),
                List.of(
                        new Report.Sample(10, "first"),
                        new Report.Sample(20, "middle"),
                        new Report.Sample(25, "forgotten"),
                        new Report.Sample(30, "last")));
        environment.addTo(directory);
        var saved = Babble.save(directory, "abc", 32, 30, 1);
        scripted.report(run.id(), Report.Phase.SUCCEEDED, "Done.", List.of(), List.of(), List.of());

        var card = CardMarkdown.of(scripted.runs, run.id(), NOW);
        assertTrue(card.startsWith("# mine\n\n`" + run.id() + "`: **succeeded**. Done.\n"), card);
        line(card, "| Best validation loss | 3.2500 nats per character (`val-full-128`) at step 20 |");
        line(card, "| Last validation loss | 3.3750 nats per character (`val-full-128`) at step 30 |");
        line(
                card,
                "| Training loss | 3.0000 nats per character in step 30; 3.0417 on average before the last evaluation |");
        line(card, "| Steps | 30 of 30 |");
        line(card, "| Characters seen | 61,440 |");
        line(card, "| Characters per second | 20,480, evaluations and saves included |");
        line(card, "| Time spent training | 3.0 s |");
        line(card, "| Corpus | own, SHA-256 `" + run.order().corpusSha256() + "` |");
        line(card, "| Steps | **30** | 500 |");
        line(card, "| Seed | **-7** | 1 |");
        line(card, "| Learning rate | 0.002 | 0.002 |");
        line(card, "| Curriculum | 32:0.25,64:0.5 | 32:0.25,64:0.5 |");
        line(card, "| Best | 30 | 4.2000 | `" + saved.sha256() + "` |");
        line(card, "| Last | 30 | 4.2000 | `" + saved.sha256() + "` |");
        line(card, "| Processor | A\\|B 3000 |");
        line(card, "| Threads | 12 |");
        for (var sample : List.of("10\n\n```text\nfirst\n", "25\n\n```text\nforgotten\n", "30\n\n```text\nlast\n")) {
            assertTrue(card.contains("### Step " + sample + "```\n"), card);
        }
        assertFalse(card.contains("middle"), "three samples are enough");
        assertTrue(card.contains("starting to running"), card);
        assertTrue(card.contains("running to succeeded | Done. |"), card);
        line(
                card,
                "./tinylm train --preset demo --steps 30 --evaluate-every 10 --seed -7 --threads 12 --corpus own.txt"
                        + " --out data/runtime/" + run.id() + "-again");
        var image = Pattern.compile("!\\[[^]]*]\\(data:image/svg\\+xml;base64,([A-Za-z0-9+/=]+)\\)")
                .matcher(card);
        assertTrue(image.find(), card);
        assertEquals(
                CurveSvg.of(Curve.of(scripted.runs, scripted.runs.get(run.id())), "mine"),
                new String(Base64.getDecoder().decode(image.group(1)), StandardCharsets.UTF_8));
    }

    @Test
    void a_run_that_has_not_begun_says_what_is_not_there_yet() {
        var run = scripted.start("new", Map.of());
        var card = CardMarkdown.of(scripted.runs, run.id(), NOW);
        line(card, "| Best validation loss | not measured yet |");
        line(card, "| Training loss | not measured yet |");
        line(card, "No step was reported yet.");
        line(card, "None that verifies.");
        line(card, "No worker has said yet what it computes with.");
        line(card, "As of 2026-05-06 07:08:09 UTC.");
        assertTrue(card.contains("`--threads` says it."), card);
        assertFalse(card.contains("NaN") || card.contains("null") || card.contains("Optional"), card);
    }

    @Test
    void a_corrupt_checkpoint_is_named_without_the_servers_folders() throws Exception {
        var run = scripted.start("bad", Map.of());
        var saved = Babble.save(scripted.runs.directory(run.id()), "abc", 32, 30, 1);
        Files.writeString(saved.directory().resolve("config.json"), "{}");
        var card = CardMarkdown.of(scripted.runs, run.id(), NOW);
        assertTrue(card.contains("Refused: step-000000030/config.json has 2 bytes"), card);
        assertFalse(card.contains(folder.toString()), card);
    }

    @Test
    void different_workers_stand_side_by_side() throws Exception {
        var run = scripted.start("two", Map.of());
        var directory = Files.createDirectories(scripted.runs.directory(run.id()));
        new Environment("1", "25", "PyTorch", "one", 2, 2, "Linux").addTo(directory);
        new Environment("1", "25", "PyTorch", "other", 4, 4, "Linux").addTo(directory);
        var card = CardMarkdown.of(scripted.runs, run.id(), NOW);
        line(card, "| Threads | 2 | 4 |");
        assertTrue(card.contains(" --threads 4 "), card);
        line(card, "The workers had different environments, so the last bits of the weights may differ.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<b>x</b>", "[x](javascript:y)", "a | b", "# x", "`x`", "**x**", "&lt;", "![x](y)", "\\"})
    void a_name_stays_text(String name) {
        var run = scripted.start(name, Map.of());
        var title = CardMarkdown.of(scripted.runs, run.id(), NOW)
                .lines()
                .findFirst()
                .orElseThrow();
        assertEquals(name, title.substring(2).replaceAll("\\\\([^A-Za-z0-9 ])", "$1"), "unescaped");
        assertFalse(title.substring(2).matches(".*(?<!\\\\)(\\\\\\\\)*[<>\\[\\]|`*&#].*"), title);
    }

    @ParameterizedTest
    @ValueSource(strings = {"```\n# out", "<script>", "````text\n```", "a\n`````", "~~~", "", "x\n", "`"})
    void no_sample_leaves_its_fence(String sample) {
        var lines = new ArrayList<>(Markdown.fenced("text", sample).lines().toList());
        var fence = lines.removeLast();
        assertTrue(fence.matches("`{3,}"), fence);
        assertEquals(fence + "text", lines.removeFirst());
        assertEquals(sample.endsWith("\n") ? sample : sample + "\n", String.join("\n", lines) + "\n");
        assertTrue(
                IntStream.range(0, lines.size()).noneMatch(i -> lines.get(i).contains(fence)),
                "no line is a fence as long");
    }

    @Test
    void a_reason_of_many_lines_stays_in_its_cell() {
        var run = scripted.start("reason", Map.of());
        scripted.report(run.id(), Report.Phase.FAILED, "One\n\n# two | <i>", List.of(), List.of(), List.of());
        var card = CardMarkdown.of(scripted.runs, run.id(), NOW);
        assertTrue(card.contains("| starting to failed | One \\# two \\| \\<i\\> |\n"), card);
    }

    @Test
    void a_run_that_was_stopped_and_extended_says_that_the_commands_need_a_hand() {
        var run = scripted.start("longer", Map.of("steps", 30));
        scripted.report(
                run.id(), Report.Phase.STOPPED, "Stopped at step 2.", List.of(step(2, 4)), List.of(), List.of());
        scripted.runs.extend(run.id(), 12);
        var card = CardMarkdown.of(scripted.runs, run.id(), NOW);
        var out = " --corpus own.txt --out data/runtime/" + run.id() + "-again";
        line(card, "./tinylm train --preset demo --steps 30 --seed 1" + out);
        line(card, "./tinylm train --resume --steps 42" + out);
        assertTrue(card.contains("by Ctrl-C, after the same step."), card);
        line(card, "| Steps | 2 of 42 |");
    }

    @Test
    void an_unknown_run_is_refused() {
        assertThrows(RunRefused.class, () -> CardMarkdown.of(scripted.runs, "run-0", NOW));
    }

    private static void line(String card, String line) {
        assertTrue(card.lines().anyMatch(line::equals), () -> "no line \"" + line + "\" in\n" + card);
    }
}
