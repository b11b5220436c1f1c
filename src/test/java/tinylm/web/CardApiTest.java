package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointContents;
import tinylm.checkpoint.Checkpoints;
import tinylm.checkpoint.Provenance;
import tinylm.checkpoint.Tensor;
import tinylm.runs.FakeLauncher;
import tinylm.runs.Report;
import tinylm.runs.Runs;

/// What can be downloaded of a run, over HTTP.
@QuarkusTest
class CardApiTest {

    private static final String NAME = "<b>Größe</b> \"1\"";

    @TestHTTPResource("/")
    URI server;

    @Inject
    FakeLauncher launcher;

    @Inject
    Runs runs;

    @TempDir
    Path folder;

    private String id;
    private String base;
    private Path directory;

    @BeforeEach
    void start() {
        id = runs.start(Optional.of(NAME), "demo", "own", Map.of("steps", 30)).id();
        base = "b-gr-e-b-1-" + id;
        Awaitility.await()
                .until(() ->
                        runs.get(id).worker().filter(worker -> worker.pid() > 0).isPresent());
        directory = runs.directory(id);
        report(
                Report.Phase.TRAINING,
                List.of(new Report.Step(1, 4, 0.1, 1, 9, 8, 1), new Report.Step(2, 1 / 3.0, 0.1, 1, 9, 8, 2)),
                List.of(new Report.Evaluation(2, OptionalDouble.of(3.75), 3.5, 2)));
    }

    @AfterEach
    void end() {
        report(Report.Phase.FAILED, List.of(), List.of());
    }

    private void report(Report.Phase phase, List<Report.Step> steps, List<Report.Evaluation> evaluations) {
        var token = launcher.worker(id).token();
        runs.report(
                id,
                token,
                new Report(
                        phase,
                        "",
                        5,
                        1,
                        Optional.empty(),
                        steps,
                        evaluations,
                        List.of(),
                        List.of(),
                        OptionalLong.empty()));
    }

    @Test
    void the_report_card_is_a_markdown_file_named_after_the_run() {
        given().get(address("report"))
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("text/markdown;charset=UTF-8"))
                .header("Content-Disposition", equalTo("attachment; filename=\"" + base + ".md\""))
                .header("X-Content-Type-Options", equalTo("nosniff"))
                .body(
                        startsWith("# \\<b\\>Größe\\</b\\> \"1\""),
                        containsString("**running**"),
                        containsString("](data:image/svg+xml;base64,"),
                        containsString("--steps 30 --seed 1"),
                        not(containsString("<b>")));
    }

    @Test
    void measurements_are_downloaded_with_all_their_digits() {
        given().get(address("metrics.csv"))
                .then()
                .statusCode(200)
                .header("Content-Type", equalTo("text/csv;charset=UTF-8"))
                .header("Content-Disposition", equalTo("attachment; filename=\"" + base + "-metrics.csv\""))
                .body(matchesPattern("(?s)step,loss_nats_per_character,[^\r]*\r\n1,4.0,0.1,1.0,9.0,8,1.0,,,\r\n" + "2,"
                        + 1 / 3.0 + ",0.1,1.0,9.0,8,2.0,3.75,3.5,2.0\r\n"));
        given().get(address("metrics.json"))
                .then()
                .statusCode(200)
                .header("Content-Type", startsWith("application/json"))
                .header("Content-Disposition", equalTo("attachment; filename=\"" + base + "-metrics.json\""))
                .body("", hasSize(2))
                .body("[0].evaluation_validation_loss_nats_per_character", equalTo(null))
                .body("[1].evaluation_validation_loss_nats_per_character", equalTo(3.5f))
                .body("[1].elapsed_seconds", equalTo(2f));
    }

    @Test
    void the_curve_is_drawn_in_the_colours_of_the_readers_system_and_brings_no_script() {
        given().get(address("curve.svg"))
                .then()
                .statusCode(200)
                .header("Content-Type", startsWith("image/svg+xml"))
                .header("Content-Disposition", equalTo("inline; filename=\"" + base + "-curve.svg\""))
                .header(
                        "Content-Security-Policy",
                        allOf(startsWith("default-src 'none'"), not(containsString("unsafe"))));
        try (var chromium = Chromium.launch()) {
            for (var scheme : ColorScheme.values()) {
                List<String> complaints = new ArrayList<>();
                try (var context =
                                chromium.browser().newContext(new Browser.NewContextOptions().setColorScheme(scheme));
                        var page = context.newPage()) {
                    page.onConsoleMessage(message -> complaints.add(message.text()));
                    page.navigate(server.resolve(address("curve.svg")).toString());
                    assertEquals(
                            scheme == ColorScheme.DARK ? "rgb(27, 30, 36)" : "rgb(253, 251, 246)",
                            page.evaluate("getComputedStyle(document.querySelector('.paper')).fill"));
                    assertEquals("Losses of " + NAME, page.evaluate("document.querySelector('title').textContent"));
                    assertEquals(List.of(), complaints);
                }
            }
        }
    }

    @Test
    void the_best_and_the_last_checkpoint_open_as_they_were_verified_and_without_the_optimizer() throws Exception {
        var best = save(2, 3.5);
        var last = save(4, 3.75);
        assertTrue(Files.exists(best.directory().resolve("optimizer.safetensors")));
        for (var asked : List.of("", "?which=best", "?which=last")) {
            var expected = asked.endsWith("last") ? last : best;
            long step = asked.endsWith("last") ? 4 : 2;
            var zip = given().get(address("checkpoint.zip") + asked)
                    .then()
                    .statusCode(200)
                    .header("Content-Type", equalTo("application/zip"))
                    .header(
                            "Content-Disposition",
                            equalTo("attachment; filename=\"" + base + "-step-" + step + ".zip\""))
                    .extract();
            var bytes = zip.asByteArray();
            assertEquals(zip.header("Content-Length"), Integer.toString(bytes.length));
            var target = Files.createDirectory(folder.resolve("x" + asked.replaceAll("[^a-z]", "")));
            assertEquals(
                    List.of(
                            "config.json",
                            "model.safetensors",
                            "tinylm.json",
                            "tokenizer.json",
                            "tokenizer_config.json"),
                    unzip(bytes, target));
            var opened = Checkpoints.load(target.resolve(base));
            assertEquals(expected.sha256(), opened.sha256());
            assertEquals(
                    expected.manifest().orElseThrow().provenance(),
                    opened.manifest().orElseThrow().provenance());
            for (var name : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
                assertArrayEquals(
                        Files.readAllBytes(expected.directory().resolve(name)),
                        Files.readAllBytes(opened.directory().resolve(name)),
                        name);
            }
            assertEquals(Map.of(), opened.optimizer());
            assertArrayEquals(
                    bytes, given().get(address("checkpoint.zip") + asked).asByteArray(), "the same each time");
        }
        assertEquals(List.of(), leftovers());
    }

    @Test
    void a_corrupt_checkpoint_is_passed_over_and_when_none_is_whole_the_sentence_says_why() throws Exception {
        var older = save(2, 3.75);
        var newer = save(4, 3.5);
        Files.writeString(newer.directory().resolve("config.json"), "{}");
        for (var which : List.of("best", "last")) {
            given().get(address("checkpoint.zip?which=" + which))
                    .then()
                    .statusCode(200)
                    .header("Content-Disposition", containsString("step-2.zip"));
        }
        var weights = older.directory().resolve("model.safetensors");
        var bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        for (var which : List.of("best", "last")) {
            FailuresTest.problem(
                            given().get(address("checkpoint.zip?which=" + which))
                                    .then(),
                            422,
                            "invalid_request_error",
                            "checkpoint_refused")
                    .body("error.message", containsString("step-000000002/model.safetensors was changed"))
                    .body("error.message", not(containsString(directory.toString())));
        }
        assertEquals(List.of(), leftovers());
    }

    @Test
    void half_a_checkpoint_is_none() throws Exception {
        FailuresTest.problem(
                given().get(address("checkpoint.zip")).then(), 404, "invalid_request_error", "checkpoint_not_found");
        var saved = save(2, 3.5).directory();
        Files.delete(saved.resolve("tinylm.json"));
        FailuresTest.problem(
                given().get(address("checkpoint.zip")).then(), 422, "invalid_request_error", "checkpoint_refused");
        Files.move(saved, directory.resolve(".step-000000002.new-1.tmp"));
        FailuresTest.problem(
                given().get(address("checkpoint.zip")).then(), 404, "invalid_request_error", "checkpoint_not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"BEST", "newest", "../last", "0"})
    void another_checkpoint_than_these_two_is_refused(String which) {
        given().queryParam("which", which)
                .get(address("checkpoint.zip"))
                .then()
                .statusCode(400)
                .body("error.code", equalTo("invalid_value"))
                .body("error.message", equalTo("A run has two checkpoints to download, best and last."))
                .body("error.param", equalTo("which"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"report", "curve.svg", "metrics.csv", "metrics.json", "checkpoint.zip"})
    void of_a_run_that_is_not_there_there_is_nothing(String what) {
        given().get("/v1/runs/run-0/" + what)
                .then()
                .statusCode(404)
                .header("Content-Type", startsWith("application/json"))
                .body("error.code", equalTo("run_not_found"))
                .body("error.message", equalTo("There is no run \"run-0\"."))
                .body("error.param", equalTo("id"));
        assertFalse(Files.exists(directory.resolveSibling("run-0")));
    }

    private String address(String what) {
        return "/v1/runs/" + id + "/" + what;
    }

    /// A checkpoint with an optimizer, as a worker saves it.
    private Checkpoint save(long step, double loss) throws IOException {
        var weights = Babble.save(Files.createTempDirectory(folder, "babble"), "abc", 32, step, step);
        return Checkpoints.save(
                directory,
                new CheckpointContents(
                        weights.config(),
                        weights.tokenizer(),
                        weights.weights(),
                        Map.of("moment", Tensor.of(new float[] {1, 2}, 2)),
                        new Provenance(
                                step,
                                4,
                                step,
                                loss,
                                "val-full-32",
                                Map.of("steps", 30),
                                1,
                                new Provenance.CorpusReference("own", "0".repeat(64)),
                                "test",
                                Instant.parse("2026-01-01T00:00:01Z"))));
    }

    /// @return the names of the files, which all lie in the one folder
    private List<String> unzip(byte[] zip, Path target) throws IOException {
        var names = new ArrayList<String>();
        Files.createDirectory(target.resolve(base));
        try (var in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                assertTrue(entry.getName().startsWith(base + "/"), entry.getName());
                names.add(entry.getName().substring(base.length() + 1));
                Files.copy(in, target.resolve(entry.getName()));
            }
        }
        return names;
    }

    private static List<Path> leftovers() throws IOException {
        try (var all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(one -> one.getFileName().toString().startsWith("tinylm-zip"))
                    .toList();
        }
    }
}
