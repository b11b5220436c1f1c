package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Babble;

/// The page in a real browser against the real socket: what one says is what the other understands.
@QuarkusTest
class PageOverSocketTest {

    /// The real thing, but what it says passes `heard` first, where a test has set it.
    private static final String SOCKET = """
            window.WebSocket = class extends WebSocket {
                constructor(url) {
                    super(url);
                    this.addEventListener('message', (message) => window.heard?.(message));
                }
            };
            """;

    /// Presses Escape in the middle of the next text. In the page, as no other process is quick enough.
    private static final String ESCAPE = """
            let characters = 0;
            window.heard = (message) => {
                characters += (JSON.parse(message.data).delta ?? '').length;
                if (characters <= 50) return;
                delete window.heard;
                dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
            };
            """;

    /// Cuts the connection in the middle of the next text, holds the text up when it has gone on, reloads the page, and
    /// keeps what the status said until then. All of it in the page, as no other process is quick enough.
    private static final String CUT_AND_RELOAD = """
            const said = [];
            let characters = 0;
            let cut = null;
            window.heard = (message) => {
                if (message.target === cut || characters > 200) return message.stopImmediatePropagation();
                characters += (JSON.parse(message.data).delta ?? '').length;
                if (characters <= 100 || cut !== null) return;
                cut = message.target;
                characters = 101; // a fast model brings more at once
                cut.close();
            };
            new MutationObserver((_, observer) => {
                const status = document.querySelector('[role=status]').textContent;
                if (said.at(-1) !== status) said.push(status);
                if (characters <= 200) return;
                observer.disconnect();
                sessionStorage.setItem('said', said.join(' | '));
                location.reload();
            }).observe(document.body, { subtree: true, childList: true, characterData: true });
            """;

    private static final String SHIPPED = "/v1/admin/models/shipped/promote";

    private static Chromium chromium;

    @TestHTTPResource("/")
    URI address;

    @Inject
    ServerConfig config;

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
        page.addInitScript(SOCKET);
        page.navigate(address.toString());
        assertThat(status()).hasText("Ready.");
    }

    @Test
    void writes_stops_goes_on_and_writes_again() {
        page.getByLabel("Length", new Page.GetByLabelOptions().setExact(true)).fill("10000");
        page.locator("#prompt").fill("MARIN:");
        page.evaluate("() => {" + ESCAPE + "}");
        page.keyboard().press("Control+Enter");
        assertThat(status()).hasText(Pattern.compile("Stopped after [\\d,]+ characters\\."));
        assertThat(page.getByText(Pattern.compile("^[\\d,]+ characters/s$"))).isVisible();
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
        var first = awaitWhole(30);
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

    @Test
    void a_text_whose_connection_is_cut_and_whose_page_is_reloaded_is_the_same_as_one_left_in_peace() {
        page.locator("#prompt").fill("MARIN:");
        page.locator("#seed").fill("7");
        page.locator("#length").fill("4000");
        page.locator("#probabilities").check();
        button("Generate").click();
        var whole = awaitWhole(4000);
        var chance = chanceOf(3999);

        page.evaluate("() => {" + CUT_AND_RELOAD + "}");
        button("Generate").click();
        page.waitForCondition(() -> status().textContent().matches("Wrote 4,000 .* Gone on .*"));
        assertThat(status()).hasText(Pattern.compile(".* Gone on after \\d+\\.\\d s, nothing lost\\."));
        assertEquals(whole, text());
        var said = String.valueOf(page.evaluate("sessionStorage.getItem('said')"));
        assertTrue(said.matches(".*Connection lost at character [\\d,]+\\. Going on….*"), said);
        assertEquals(chance, chanceOf(3999));
        assertThat(page.locator("[data-tint]")).hasCount(4000);
    }

    @Test
    void another_character_of_the_ten_begins_a_branch() {
        page.locator("#prompt").fill("MARIN:");
        page.locator("#length").fill("30");
        page.locator("#probabilities").check();
        button("Generate").click();
        var first = awaitWhole(30);
        page.locator("[data-tint]").nth(10).click();
        assertThat(page.locator(".panel-choice")).hasCount(10);
        page.locator(".panel-choice[aria-current=false]").last().click();
        page.waitForCondition(() -> text().length() == 47);
        assertThat(status()).hasText("Wrote 30 characters.");
        assertEquals(first.substring(0, 16), text().substring(0, 16));
        assertNotEquals(first.substring(0, 17), text().substring(0, 17));
        button("Back to the earlier text").click();
        page.waitForCondition(() -> text().equals(first));
    }

    @Test
    void a_page_that_was_open_while_the_model_was_replaced_describes_the_new_one_and_knows_its_alphabet()
            throws IOException {
        var runs = Files.createDirectories(config.runs().getFirst());
        Babble.save(runs.resolve("figures"), "\n :0123456789AIMNR", TinyModelResource.CONTEXT, 7, 2);
        var masthead = page.locator(".masthead-model");
        var before = masthead.textContent();
        page.locator("#topK").fill("10");
        page.locator("#prompt").fill("MARIN: 7");
        assertThat(page.getByText("The model has never seen “7”")).isVisible();
        try (var api = new HttpApi(address)) {
            assertEquals(200, api.post("/v1/admin/models/figures/promote", "").status());
            page.evaluate("dispatchEvent(new Event('focus'))");
            assertThat(page.getByText("The model has never seen")).hasCount(0);
            assertThat(masthead).not().hasText(before);
            assertEquals(200, api.post(SHIPPED, "").status());
            page.locator("#prompt").fill("MARIN:");
            button("Generate").click(); // asking tells as well
            assertThat(masthead).hasText(before);
        } finally {
            try (var api = new HttpApi(address)) {
                api.post(SHIPPED, "");
            }
            TinyModelResource.delete(runs);
        }
    }

    private String awaitWhole(int characters) {
        page.waitForCondition(() -> text().length() == "MARIN:".length() + characters
                && status().textContent().startsWith("Wrote"));
        return text();
    }

    private String chanceOf(int character) {
        page.locator("[data-tint]").nth(character).click();
        var chance = page.locator(".panel-chance").textContent();
        page.keyboard().press("Escape");
        return chance;
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
