package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The page in a real browser: writing, settings, reading.
@QuarkusTest
class PageTest extends ScriptedDesk {

    private static final String VERSE =
            "\nThe lantern turns upon the quiet stair,\nAnd those who wait have little left to say;\n";

    @Test
    void streams_what_the_model_writes_and_tells_it_apart_from_the_prompt() {
        generate("MARIN:");
        var request = server.request();
        assertEquals("MARIN:", request.get("input").asText());
        assertEquals(500, request.get("max_output_tokens").asInt());
        assertEquals(0.8, request.get("temperature").asDouble());
        assertEquals(40, request.get("top_k").asInt());
        assertEquals(0.9, request.get("top_p").asDouble());
        assertFalse(request.has("seed"), "no seed was typed");
        server.begin(48213);
        server.write("\nThe lan");
        assertThat(completion()).hasText("The lan");
        assertThat(page.locator(".manuscript-caret")).isVisible();
        page.waitForTimeout(300); // a pace takes as long
        server.write("tern turns,\nAnd turns.");
        assertThat(page.getByText(Pattern.compile("^\\d+ characters/s$"))).isVisible();
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 30 characters.");
        assertThat(page.getByText("612 characters/s")).isVisible();
        assertThat(page.getByText("This text has seed 48213.")).isVisible();
        assertThat(page.locator(".manuscript-caret")).isHidden();
        assertEquals("MARIN:\nThe lantern turns,\nAnd turns.", text());
        assertNotEquals(colour(".manuscript-prompt"), colour(".manuscript-completion"));
    }

    @Test
    void stops_and_then_goes_on_from_the_response() {
        generate("MARIN:");
        server.request();
        var id = server.begin(1);
        server.write("\nThe lan");
        assertThat(completion()).hasText("The lan");
        page.waitForCondition(() -> {
            button("Stop").click(); // a press right after the first counts as the same
            return server.hasRequest();
        });
        assertEquals("response.cancel", server.request().get("type").asText());
        server.write("t");
        server.end("cancelled");
        assertThat(status()).hasText("Stopped after 9 characters.");
        button("Continue").click();
        var more = server.request();
        assertEquals(id, more.get("previous_response_id").asText());
        assertEquals("", more.get("input").asText());
        server.begin(2);
        server.write("ern turns");
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 9 characters.");
        assertEquals("MARIN:\nThe lantern turns", text());
    }

    @Test
    void a_stop_without_an_answer_still_stops() {
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("\nThe lan");
        assertThat(completion()).hasText("The lan");
        page.keyboard().press("Escape");
        assertThat(button("Generate")).isVisible();
        assertThat(status()).hasText("Connected again.");
        assertEquals("MARIN:\nThe lan", text());
    }

    @Test
    void regenerates_with_the_same_prompt_and_another_seed() {
        field("Seed").fill("7");
        generate("MARIN:");
        assertEquals(7, server.request().get("seed").asLong());
        server.begin(7);
        server.write("\nOne");
        server.end("max_output_tokens");
        prompt().fill("SOMETHING ELSE:");
        button("Regenerate").click();
        var request = server.request();
        assertEquals("MARIN:", request.get("input").asText());
        assertNotEquals(7, request.get("seed").asLong());
        assertThat(field("Seed")).hasValue(request.get("seed").asText());
        server.begin(request.get("seed").asLong());
        server.write("\nTwo");
        server.end("max_output_tokens");
        assertThat(completion()).hasText("Two");
        assertEquals("MARIN:\nTwo", text());
    }

    @Test
    void a_reload_keeps_settings_prompt_and_text_and_going_on_sends_the_whole_text_when_the_response_is_forgotten() {
        field("Temperature").fill("1.2");
        field("Length").fill("77");
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("\nThe lan");
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 8 characters.");
        page.reload();
        assertThat(field("Temperature")).hasValue("1.2");
        assertThat(page.getByLabel("Temperature, slider")).hasValue("1.2");
        assertThat(field("Length")).hasValue("77");
        assertThat(prompt()).hasValue("MARIN:");
        assertEquals("MARIN:\nThe lan", text());
        assertThat(status()).hasText("Ready.");
        button("Continue").click();
        server.request();
        server.refuse("unknown_response", "That response is not known.", "previous_response_id");
        var whole = server.request();
        assertEquals("MARIN:\nThe lan", whole.get("input").asText());
        assertFalse(whole.has("previous_response_id"));
        server.begin(2);
        server.write("tern");
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 4 characters.");
        assertEquals("MARIN:\nThe lantern", text());
    }

    @Test
    void unknown_characters_are_named_under_the_prompt_and_can_be_removed() {
        generate("caf\u00e9 #2");
        var sentence = page.getByText(
                "The model has never seen \u201c\u00e9\u201d (U+00E9), \u201c#\u201d (U+0023), \u201c2\u201d (U+0032)");
        assertThat(sentence).isVisible();
        assertThat(prompt()).isFocused();
        button("Remove them").click();
        assertThat(prompt()).hasValue("caf ");
        assertThat(sentence).hasCount(0);
        assertFalse(server.hasRequest(), "nothing is sent that would be refused");
    }

    @Test
    void an_empty_prompt_is_answered_with_a_sentence() {
        generate("");
        assertThat(page.getByText("Write at least one character for the model to go on from."))
                .isVisible();
    }

    @Test
    void a_refusal_stands_beside_the_setting_it_is_about_and_leaves_the_text_alone() {
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("\nOne");
        server.end("max_output_tokens");
        generate("KEEPER:");
        server.request();
        server.refuse("invalid", "This server takes no seed today.", "seed");
        assertThat(page.locator("#seed-hint")).containsText("This server takes no seed today.");
        assertEquals("MARIN:\nOne", text());
        field("Seed").fill("5");
        assertThat(page.getByText("This server takes no seed today.")).hasCount(0);
    }

    @Test
    void slider_and_number_are_one_value_and_a_bad_number_gets_a_sentence() {
        page.getByLabel("Temperature, slider").fill("1.5");
        assertThat(field("Temperature")).hasValue("1.5");
        field("Top-k").fill("3");
        assertThat(page.getByLabel("Top-k, slider")).hasValue("3");
        field("Top-k").fill("many");
        assertThat(page.getByText("Top-k is a whole number from 0 to 65.")).isVisible();
        generate("MARIN:");
        assertThat(field("Top-k")).isFocused();
        assertFalse(server.hasRequest(), "nothing is sent that would be refused");
        button("Restore the defaults").click();
        assertThat(field("Top-k")).hasValue("40");
    }

    @Test
    void the_keyboard_alone_is_enough() {
        page.keyboard().press("Tab"); // the way to the runs
        page.keyboard().press("Tab"); // the theme
        page.keyboard().press("Tab");
        assertThat(prompt()).isFocused();
        page.keyboard().type("MARIN:");
        page.keyboard().press("Control+Enter");
        server.request();
        server.begin(1);
        server.write("\nThe lan");
        assertThat(completion()).hasText("The lan");
        page.keyboard().press("Escape");
        assertEquals("response.cancel", server.request().get("type").asText());
        server.end("cancelled");
        assertThat(status()).hasText("Stopped after 8 characters.");
        for (var name : List.of("ROMEO:", "HAMLET:", "KING:", "JULIET:")) {
            page.keyboard().press("Tab");
            assertThat(button(name)).isFocused();
        }
        page.keyboard().press("Enter");
        assertThat(prompt()).hasValue("JULIET:");
        assertThat(prompt()).isFocused();
    }

    @Test
    void what_the_model_writes_is_text_and_never_markup() {
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("<img src=x onerror=\"document.title='broken'\"><b>bold</b>&amp;");
        server.end("max_output_tokens");
        assertThat(completion()).hasText("<img src=x onerror=\"document.title='broken'\"><b>bold</b>&amp;");
        assertEquals(0, page.locator(".manuscript img, .manuscript b").count());
        assertThat(page).hasTitle("tinylm");
    }

    @Test
    void long_texts_are_followed_until_the_reader_looks_elsewhere() {
        generate("MARIN:");
        server.request();
        server.begin(1);
        for (int i = 0; i < 120; i++) {
            server.write(VERSE);
        }
        assertThat(page.locator(".manuscript-line")).hasCount(361);
        page.waitForCondition(() -> lastLineIsInView());
        page.mouse().move(400, 400);
        page.mouse().wheel(0, -2000);
        page.waitForCondition(() -> !lastLineIsInView());
        var top = page.evaluate("scrollY");
        server.write(VERSE);
        assertThat(page.locator(".manuscript-line")).hasCount(364);
        assertEquals(top, page.evaluate("scrollY"), "the page moved under the reader");
        server.end("max_output_tokens");
        assertEquals("MARIN:" + VERSE.repeat(121), text());
    }

    @Test
    void copies_prompt_and_completion_and_says_so() {
        context.grantPermissions(List.of("clipboard-read", "clipboard-write"));
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("\nOne\n\nTwo");
        server.end("max_output_tokens");
        button("Copy").click();
        assertThat(status()).hasText("Copied.");
        assertEquals("MARIN:\nOne\n\nTwo", page.evaluate("navigator.clipboard.readText()"));
    }

    @Test
    void says_which_model_answers() {
        assertThat(page.locator(".masthead-model"))
                .hasText(Pattern.compile(".+ parameters\\s+validation loss \\d\\.\\d{3}\\s+\\(val-full-\\d+\\)"));
        assertTrue(page.request().get(address + "favicon.svg").ok(), "the page has its icon");
    }

    @Test
    void the_theme_follows_the_system_until_the_reader_chooses_one() {
        var light = colour("body");
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        var dark = colour("body");
        assertNotEquals(light, dark);
        button("Light theme").click();
        assertEquals(light, colour("body"));
        page.reload();
        assertEquals(light, colour("body"));
        assertThat(button("Dark theme")).isVisible();
    }

    @Test
    void the_smallest_phone_needs_no_sideways_scrolling() {
        reopen(360, 640, ColorScheme.LIGHT);
        page.locator(".settings-summary").click();
        generate("A".repeat(300));
        server.request();
        server.begin(1);
        server.write("B".repeat(300) + VERSE);
        server.end("max_output_tokens");
        assertThat(status()).containsText("Wrote");
        assertTrue((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
        assertThat(button("Copy")).isInViewport();
    }

    @Test
    void takes_its_picture_in_light_dark_and_on_a_phone() {
        picture("light", 1280, 860, ColorScheme.LIGHT);
        picture("dark", 1280, 860, ColorScheme.DARK);
        picture("phone", 390, 844, ColorScheme.LIGHT);
        picture("phone-dark", 390, 844, ColorScheme.DARK);
    }

    private void picture(String name, int width, int height, ColorScheme scheme) {
        reopen(width, height, scheme);
        generate("MARIN:");
        server.request();
        server.begin(48213);
        server.write(VERSE + "We told the tide the name that it should wear\nAnd it has carried name and all away.\n\n"
                + "KEEPER:\nYou asked it twice, and twice it answered not");
        assertThat(page.getByText("twice it answered not")).isVisible();
        var file = Path.of("target", "screenshots", name + ".png");
        page.screenshot(new Page.ScreenshotOptions().setPath(file));
        assertTrue(file.toFile().length() > 10_000, file + " is empty");
        server.end("max_output_tokens");
    }

    private boolean lastLineIsInView() {
        return (Boolean) page.evaluate("""
                () => document.querySelector('.manuscript-line:last-child').getBoundingClientRect().bottom
                    <= document.querySelector('.actions').getBoundingClientRect().top""");
    }
}
