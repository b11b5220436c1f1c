package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The page in a real browser against the real socket: what one says is what the other understands.
@QuarkusTest
class PageOverSocketTest {

    private static Chromium chromium;

    @TestHTTPResource("/")
    URI address;

    private Page page;

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
        page = chromium.browser().newContext().newPage();
        page.navigate(address.toString());
        assertThat(status()).hasText("Ready.");
    }

    @Test
    void writes_stops_goes_on_and_writes_again() {
        page.getByLabel("Length", new Page.GetByLabelOptions().setExact(true)).fill("10000");
        page.locator("#prompt").fill("MARIN:");
        page.keyboard().press("Control+Enter");
        page.waitForCondition(() -> text().length() > 50);
        assertThat(page.getByText(Pattern.compile("^\\d+ characters/s$"))).isVisible();
        page.keyboard().press("Escape");
        assertThat(status()).hasText(Pattern.compile("Stopped after \\d+ characters\\."));
        var stopped = text();
        assertTrue(stopped.startsWith("MARIN:"), stopped);

        page.getByLabel("Length", new Page.GetByLabelOptions().setExact(true)).fill("40");
        button("Continue").click();
        assertThat(status()).hasText("Wrote 40 characters.");
        var longer = text();
        assertTrue(longer.startsWith(stopped), longer);
        assertEquals(stopped.length() + 40, longer.length());

        button("Regenerate").click();
        page.waitForCondition(() -> text().length() == "MARIN:".length() + 40);
        assertThat(status()).hasText("Wrote 40 characters.");
    }

    @Test
    void the_same_seed_writes_the_same_text_and_a_forgotten_response_goes_on_from_the_whole_text() {
        page.locator("#prompt").fill("MARIN:");
        page.locator("#seed").fill("7");
        page.locator("#length").fill("30");
        button("Generate").click();
        page.waitForCondition(() -> text().length() == 36);
        var first = text();
        page.reload();
        assertEquals(first, text());
        assertThat(status()).hasText("Ready.");
        button("Continue").click();
        page.waitForCondition(() -> text().length() == 66);
        assertTrue(text().startsWith(first), text());
        assertThat(status()).hasText("Wrote 30 characters.");
        button("Generate").click();
        page.waitForCondition(() -> text().length() == 36);
        assertEquals(first, text());
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator status() {
        return page.getByRole(AriaRole.STATUS);
    }

    private String text() {
        return page.locator(".manuscript-text").textContent();
    }
}
