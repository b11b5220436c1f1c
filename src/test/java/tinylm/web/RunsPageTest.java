package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.WebSocketRoute;
import com.microsoft.playwright.options.AriaRole;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.runs.FakeLauncher;
import tinylm.runs.Job;
import tinylm.runs.Runs;

/// The page of the runs in a real browser, over the real API, with workers that the test plays.
@QuarkusTest
class RunsPageTest extends RunsInBrowser {

    @TestHTTPResource("/runs")
    URI address;

    @Inject
    FakeLauncher launcher;

    @Inject
    Runs runs;

    private String id;

    @AfterEach
    void close() {
        context.close();
        runs.stop(id);
        report("STOPPED", List.of());
    }

    @Test
    void a_run_is_made_up_in_the_form_and_moves_without_a_reload() {
        page.navigate(address + "#new");
        unfold();
        field("Heads").fill("3");
        assertThat(field("Heads"))
                .hasAccessibleDescription("Heads must divide the width, but 128 is not a multiple of 3.");
        button("Start the run").click();
        assertThat(field("Heads")).isFocused();
        field("Heads").fill("4");
        field("Steps").fill("30");
        field("Name").fill("<i>mine</i>");
        button("Start the run").click();
        assertThat(page.locator(".sheet-title")).hasText("<i>mine</i>");
        awaitWorker();
        assertThat(page.locator(".sheet-state")).containsText("Starting"); // what comes now is told over the socket
        report("TRAINING", List.of(1, 2));
        assertThat(page.locator(".sheet-progress")).containsText("Step 2 of 30");
        assertThat(page.locator(".sheet-state")).hasText("Running");
        assertThat(page.locator(".sheet-text")).hasText("<b>Oh</b>");
        assertThat(page.locator(".curve-large canvas")).isVisible();
        assertThat(page.locator(".curve-large"))
                .hasAttribute(
                        "aria-label",
                        "Training and validation loss. <i>mine</i>: training 4.0000, validation 3.5000 at step 2.");
        assertTrue((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
        var report = page.waitForDownload(() -> link("Markdown").click());
        assertEquals("i-mine-i-" + id + ".md", report.suggestedFilename());
        var curve = page.waitForDownload(() -> link("SVG").click());
        assertEquals("i-mine-i-" + id + "-curve.svg", curve.suggestedFilename());
        page.reload();
        assertThat(page.locator(".sheet-title")).hasText("<i>mine</i>");
        button("Stop").click();
        assertThat(page.locator(".sheet-state")).containsText("Stopping");
    }

    @Test
    void a_lost_connection_is_told_and_what_was_missed_is_fetched() {
        id = runs.start(Optional.of("lost"), "demo", "own", Map.of("steps", 30)).id();
        awaitWorker();
        report("TRAINING", List.of(1, 2));
        var socket = new AtomicReference<WebSocketRoute>();
        page.routeWebSocket("**/v1/runs/stream", route -> {
            route.connectToServer();
            socket.set(route);
        });
        page.navigate(address + "#" + id);
        assertThat(page.locator(".sheet-progress")).containsText("Step 2 of 30");
        List<String> asked = new ArrayList<>();
        page.onRequest(request -> asked.add(request.url()));
        socket.get()
                .close(new WebSocketRoute.CloseOptions()
                        .setCode(1012)
                        .setReason("Service restart; retry after 15000 ms"));
        assertThat(page.locator(".board-lost")).containsText("The server is starting anew.");
        report("TRAINING", List.of(3, 4));
        button("Try now").click();
        assertThat(page.locator(".board-lost")).isHidden();
        assertThat(page.locator(".sheet-progress")).containsText("Step 4 of 30");
        page.waitForCondition(() -> asked.stream().anyMatch(url -> url.endsWith("/metrics?from=1")));
    }

    @Test
    void what_is_told_while_an_older_answer_is_under_way_is_not_lost_to_it() {
        id = runs.start(Optional.of("late"), "demo", "own", Map.of("steps", 30)).id();
        awaitWorker();
        List<Runnable> late = new ArrayList<>();
        page.route(Pattern.compile("/(metrics|samples)$"), route -> {
            var answer = new Route.FulfillOptions().setResponse(route.fetch());
            late.add(() -> route.fulfill(answer));
        });
        page.navigate(address + "#" + id);
        assertThat(page.locator(".sheet-state")).containsText("Starting");
        report("TRAINING", List.of(1));
        assertThat(page.locator(".sheet-progress")).containsText("Step 1 of 30"); // what comes now is told
        page.waitForCondition(() -> late.size() >= 2);
        report("TRAINING", List.of(2));
        assertThat(page.locator(".sheet-text")).hasText("<b>Oh</b>");
        assertThat(page.locator(".curve-large")).hasAttribute("aria-label", Pattern.compile(".* at step 2\\."));
        List.copyOf(late).forEach(Runnable::run);
        report("TRAINING", List.of(3));
        assertThat(page.locator(".curve-large")).hasAttribute("aria-label", Pattern.compile(".* at step 3\\."));
        assertThat(page.locator(".sheet-text")).hasText("<b>Oh</b>");
    }

    @Test
    void a_clone_begins_with_another_runs_config_and_what_lies_over_the_chart_survives_a_reload() {
        id = runs.start(Optional.of("first"), "demo", "own", Map.of("steps", 30, "curriculum", List.of()))
                .id();
        awaitWorker();
        page.navigate(address + "#" + id);
        button("Clone").click();
        assertThat(page.locator(".draft-title")).hasText("New run like first");
        assertThat(page.locator(".draft-original")).containsText("full windows throughout");
        assertThat(field("Steps")).hasValue("30");
        field("Seed").fill("9");
        field("Name").fill("second");
        assertThat(page.locator(".draft-brief")).hasText("changed: Seed");
        button("Start the run").click();
        assertThat(page.locator(".sheet-title")).hasText("second");
        var clone = runs.list().getFirst();
        assertEquals(9, clone.order().config().seed());
        assertEquals(List.of(), clone.order().config().curriculum());

        var over = page.getByLabel("Lay first over the chart");
        over.check();
        page.reload();
        assertThat(over).isChecked();
        over.uncheck();
        page.reload();
        assertThat(over).not().isChecked();
        runs.stop(clone.id());
    }

    @Test
    void several_values_make_a_run_for_each_combination_and_lie_over_each_other() {
        page.navigate(address + "#new");
        unfold();
        field("Steps").fill("10 000");
        assertThat(field("Steps")).hasAccessibleDescription("Steps is a whole number from 1 to 10,000,000.");
        field("Seed").fill("1; 2");
        field("Chosen at random").fill("2");
        button("Restore demo\u2019s values").click();
        assertThat(button("Start the run")).isVisible();
        field("Dropout").fill("0.1; 1.5");
        assertThat(field("Dropout")).hasAccessibleDescription("Dropout is a number at least 0 and below 1.");
        field("Dropout").fill("0, 0.1 0,2");
        field("Seed").fill("1 2");
        field("Steps").fill("30");
        field("Name").fill("mine");
        assertThat(page.locator(".draft-brief")).hasText("changed: Steps, Dropout, Seed");
        button("Start 6 runs").click(new Locator.ClickOptions().setTrial(true));
        field("Chosen at random").fill("7");
        button("Start the runs").click();
        assertThat(field("Chosen at random")).isFocused();
        assertThat(field("Chosen at random")).hasAccessibleDescription("Of 6 combinations, 1 to 6 can be run at once.");
        field("Chosen at random").fill("4");
        button("Start 4 runs").click();
        assertThat(page.locator(".differences thead th")).hasCount(4);
        assertThat(page.locator(".differences")).containsText("Dropout");
        var found = runs.list().subList(0, 4).reversed();
        assertTrue(found.stream()
                .allMatch(run -> run.order().name().matches("dropout .*, seed [12]: mine")
                        && run.order().config().steps() == 30));
        assertThat(page.locator(".sheet-title"))
                .hasText(found.getFirst().order().name());
        id = found.getFirst().id();
        awaitWorker();
        report("TRAINING", List.of(1, 2));
        assertThat(page.locator(".differences")).containsText("Best validation loss3.5000");
        assertTrue((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
        found.subList(1, 4).forEach(run -> runs.stop(run.id()));
    }

    /// With the keyboard: what arrives above moves the line away from a pointer.
    private void unfold() {
        page.locator(".draft-summary").press("Enter");
    }

    private Locator link(String name) {
        return page.getByRole(
                AriaRole.LINK, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private void awaitWorker() {
        if (id == null) {
            page.waitForURL("**/runs#run-*");
            id = page.url().substring(page.url().indexOf('#') + 1);
        }
        Awaitility.await()
                .until(() ->
                        runs.get(id).worker().filter(worker -> worker.pid() > 0).isPresent());
    }

    private void report(String phase, List<Integer> steps) {
        var last = steps.isEmpty() ? 0 : steps.getLast();
        var taken = steps.stream()
                .map(step -> Map.of(
                        "step",
                        step,
                        "loss",
                        4,
                        "learningRate",
                        0.001,
                        "gradientNorm",
                        1,
                        "charactersPerSecond",
                        9,
                        "memoryBytes",
                        1 << 20,
                        "seconds",
                        step))
                .toList();
        given().contentType("application/json")
                .header(Job.TOKEN_HEADER, launcher.worker(id).token())
                .body(Map.of(
                        "phase",
                        phase,
                        "sentence",
                        "",
                        "pid",
                        5,
                        "memoryBytes",
                        1 << 20,
                        "steps",
                        taken,
                        "evaluations",
                        steps.isEmpty()
                                ? List.of()
                                : List.of(Map.of("step", last, "validationLoss", 3.5, "seconds", last)),
                        "samples",
                        last == 2 ? List.of(Map.of("step", 2, "text", "<b>Oh</b>")) : List.of()))
                .post("/internal/runs/" + id + "/reports")
                .then()
                .statusCode(200);
    }
}
