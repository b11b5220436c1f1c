package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.common.http.TestHTTPResource;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/// The page in a real browser, against a socket that the test holds in its hands. A test fails when the browser's
/// console complains, which it does about markup and styles that the Content-Security-Policy forbids.
abstract class ScriptedDesk {

    private static Chromium chromium;

    @TestHTTPResource("/")
    URI address;

    final List<String> complaints = new ArrayList<>();
    BrowserContext context;
    Page page;
    ScriptedResponses server;

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
    void open() {
        open(1280, 860, ColorScheme.LIGHT);
    }

    @AfterEach
    void close() {
        context.close();
        assertEquals(List.of(), complaints, "the browser's console");
    }

    final void reopen(int width, int height, ColorScheme scheme) {
        context.close();
        open(width, height, scheme);
    }

    final void open(int width, int height, ColorScheme scheme) {
        context = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(width, height)
                        .setColorScheme(scheme)
                        .setHasTouch(width < 500));
        page = context.newPage();
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        server = new ScriptedResponses(page);
        var response = page.navigate(address.toString());
        var policy = response.headerValue("content-security-policy");
        assertTrue(policy.contains("default-src 'self'") && !policy.contains("unsafe"), policy);
        assertThat(status()).hasText("Ready.");
    }

    final void generate(String text) {
        prompt().fill(text);
        button("Generate").click();
    }

    final Locator prompt() {
        return field("Prompt");
    }

    final Locator field(String label) {
        return page.getByRole(
                AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName(label).setExact(true));
    }

    final Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    final Locator status() {
        return page.getByRole(AriaRole.STATUS);
    }

    final Locator completion() {
        return page.locator(".manuscript-completion").last();
    }

    final String text() {
        return page.locator(".manuscript-text").textContent();
    }

    final Object colour(String selector) {
        return page.evaluate("selector => getComputedStyle(document.querySelector(selector)).color", selector);
    }
}
