package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/// The page of the runs in a real browser, on a phone's width. A test fails when the browser's console complains.
abstract class RunsInBrowser {

    private static Chromium chromium;

    private final List<String> complaints = new ArrayList<>();
    BrowserContext context;
    Page page;

    @BeforeAll
    static void launch() {
        chromium = Chromium.launch();
    }

    @AfterAll
    static void quit() {
        if (chromium != null) {
            chromium.close();
        }
    }

    @BeforeEach
    final void open_a_page() {
        context = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(360, 740)
                        .setTimezoneId("Europe/Berlin"));
        page = context.newPage();
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") && !isExpected(message.text())) {
                complaints.add(message.text());
            }
        });
    }

    /// Whether the console says something that the test brings about.
    boolean isExpected(String error) {
        return false;
    }

    @AfterEach
    final void check_the_console() {
        context.close();
        assertEquals(List.of(), complaints, "the browser's console");
    }

    final Locator field(String label) {
        return page.getByRole(
                AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName(label).setExact(true));
    }

    final Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }
}
