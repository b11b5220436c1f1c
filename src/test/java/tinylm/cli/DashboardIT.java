package tinylm.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.runs.OwnCatalog;
import tinylm.web.Chromium;

/// The dashboard of the packaged program in a real browser, with a real worker, from the button to the new model.
@EnabledOnOs(OS.LINUX)
class DashboardIT {

    private static final double PATIENCE_MILLIS = 60_000;

    @TempDir
    Path folder;

    private PackagedProcess server;
    private String address;
    private Chromium chromium;
    private Page page;
    private final List<String> complaints = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        server = PackagedProcess.start(
                folder,
                Map.of(
                        "TINYLM_TRAINING_CATALOG",
                        OwnCatalog.write(folder).toString(),
                        "TINYLM_TRAINING_RUNTIME",
                        folder.toString(),
                        "TINYLM_TRAINING_DIRECTORY",
                        folder.resolve("runs").toString(),
                        "TINYLM_DATABASE",
                        folder.resolve("db").toString()),
                "serve",
                "--port",
                Integer.toString(port));
        server.await("tinylm is at");
        address = "http://127.0.0.1:" + port;
        chromium = Chromium.launch();
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
        page = chromium.browser().newPage(new Browser.NewPageOptions().setViewportSize(1280, 900));
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        page.navigate(address + "/runs#new");
    }

    @AfterEach
    void close() {
        // a worker outlives its server
        List<Integer> workers = given().get(address + "/v1/runs").path("data.workerPid");
        if (chromium != null) {
            chromium.close();
        }
        server.close();
        workers.stream()
                .filter(Objects::nonNull)
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void a_run_is_started_paused_resumed_stopped_looked_back_over_and_promoted() {
        page.locator(".draft-summary").press("Enter"); // what arrives above moves it away from a pointer
        for (var value : Map.of(
                        "Context length", "128",
                        "Layers", "1",
                        "Heads", "2",
                        "Width", "32",
                        "Steps", "30000",
                        "Evaluation interval", "30")
                .entrySet()) {
            page.getByRole(
                            AriaRole.TEXTBOX,
                            new Page.GetByRoleOptions().setName(value.getKey()).setExact(true))
                    .fill(value.getValue());
        }
        button("Start the run").click();
        assertThat(state()).hasText("Running");
        assertThat(page.locator(".machine-step")).containsText(Pattern.compile("Step [1-9]"));
        awaitAnotherCurve();

        button("Pause").click();
        assertThat(state()).containsText("Paused");
        var paused = progress();
        page.reload();
        assertThat(state()).containsText("Paused");
        assertEquals(paused, progress());
        assertThat(page.locator(".machine-step")).containsText(Pattern.compile("Step [1-9]"));
        var newest = page.locator(".machine-step").textContent();
        button("Resume").click();
        assertThat(state()).hasText("Running");
        assertThat(page.locator(".machine-step")).not().hasText(newest);
        button("Stop").click();
        assertThat(state()).containsText("Stopped");

        // the newest one may be told after the state
        var id = page.url().substring(page.url().indexOf('#') + 1);
        int newestStep =
                given().get(address + "/v1/runs/" + id + "/checkpoints").path("data[-1].step");
        assertThat(page.locator(".machine-step"))
                .hasText(Pattern.compile("Step " + String.format(Locale.ENGLISH, "%,d", newestStep) + "(?![0-9,])"));
        var text = page.locator(".machine-text").first();
        assertThat(text).hasAttribute("aria-busy", "false");
        var last = text.textContent();
        page.getByLabel("Checkpoint").press("Home");
        assertThat(page.locator(".machine-step")).containsText("Step 0");
        assertThat(text).hasAttribute("aria-busy", "false");
        assertNotEquals(last, text.textContent());
        page.getByLabel("Checkpoint").press("End");
        assertThat(text).hasText(last);

        button("Promote\u2026").click();
        assertThat(page.locator(".machine-comparison")).containsText("Answers now");
        page.locator(".machine-verdict .primary").click();
        assertThat(page.locator(".machine-outcome")).containsText("answers now.");
        page.getByText("Write with it").click();
        assertThat(page.locator(".masthead")).containsText("val-full-128");
        assertThat(page.locator(".actions-status")).hasText("Ready.");
        page.getByRole(AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName("Prompt"))
                .fill("The ");
        page.keyboard().press("Control+Enter");
        assertThat(page.locator(".manuscript")).containsText(Pattern.compile("The .{20}", Pattern.DOTALL));
        assertEquals(List.of(), complaints, "the browser's console");
    }

    private void awaitAnotherCurve() {
        var before = curve();
        page.waitForCondition(
                () -> !before.equals(curve()), new Page.WaitForConditionOptions().setTimeout(PATIENCE_MILLIS));
    }

    /// What the chart says to those who do not see it.
    private String curve() {
        return page.locator(".curve-large").getAttribute("aria-label");
    }

    private String progress() {
        return page.locator(".sheet-progress p").textContent();
    }

    private Locator state() {
        return page.locator(".sheet-state");
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }
}
