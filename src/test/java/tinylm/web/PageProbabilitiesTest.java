package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The page in a real browser: how likely each character was, and going on from another one.
@QuarkusTest
class PageProbabilitiesTest extends ScriptedDesk {

    @Test
    void probabilities_are_asked_for_only_by_a_reader_who_wants_them() {
        generate("MARIN:");
        var plain = server.request();
        assertFalse(plain.has("top_logprobs") || plain.has("include"), plain.toString());
        server.begin(1);
        server.write("\nOne and more");
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 13 characters.");
        assertThat(page.locator(".manuscript-completion")).hasCount(2);
        lens("Probabilities").check();
        assertThat(page.getByText("this text has none")).isVisible();
        assertThat(page.locator(".manuscript-completion")).hasCount(2);
        generate("MARIN:");
        var request = server.request();
        assertEquals(10, request.get("top_logprobs").asInt());
        assertEquals(
                "message.output_text.logprobs", request.get("include").get(0).asText());
        server.begin(1);
        server.write("\nOne", 0.5);
        server.end("max_output_tokens");
        assertThat(page.locator(".manuscript-completion")).hasCount(4);
        assertThat(page.getByText("this text has none")).hasCount(0);
        lens("Probabilities").uncheck();
        assertThat(page.locator(".manuscript-completion")).hasCount(2);
        assertEquals("MARIN:\nOne", text());
    }

    @Test
    void pointing_at_a_character_shows_its_chance_and_ten_that_could_have_stood_there() {
        write("\nThe lantern", 0.2);
        character(5).hover();
        assertThat(panel()).containsText("20%");
        assertThat(panel()).containsText("2.3 bits of surprise");
        assertThat(choices()).hasCount(10);
        assertThat(choice("space, 40%: go on from here")).isVisible();
        assertThat(choice("newline, 20%: go on from here")).isVisible();
        character(8).hover();
        assertThat(page.locator(".panel-choice[aria-current=true]")).containsText("t");
        panel().hover();
        assertThat(panel()).isVisible();
        page.mouse().move(1200, 20);
        assertThat(panel()).isHidden();
        assertEquals("MARIN:\nThe lantern", text());
    }

    @Test
    void a_pointer_at_rest_is_not_pointed_at_text_that_comes_to_lie_under_it() {
        write("\nThe lan", 0.2);
        var last = character(7).boundingBox();
        page.mouse().move(last.x + 2.5 * last.width, last.y + last.height / 2);
        server.write("tern turns", 0.9);
        assertThat(page.locator(".manuscript-completion")).hasCount(18);
        page.evaluate("new Promise(done => { let left = 30; const next = () => left-- ? requestAnimationFrame(next)"
                + " : done(); next(); })"); // browsers move a resting pointer anew some frames after the layout
        assertThat(panel()).isHidden();
        page.mouse().move(last.x + 2.5 * last.width + 1, last.y + last.height / 2);
        assertThat(panel()).isVisible();
    }

    @Test
    void a_click_holds_the_panel_until_escape_which_does_not_stop_the_model() {
        write("\nThe lantern", 0.25);
        character(1).click();
        character(8).hover();
        assertThat(page.locator(".panel-choice[aria-current=true]")).containsText("T");
        server.write(" turns", 0.9);
        assertThat(page.locator(".manuscript-completion")).hasCount(18);
        assertThat(panel()).isVisible();
        page.keyboard().press("Escape");
        assertThat(panel()).isHidden();
        assertFalse(server.hasRequest(), "the model was stopped");
        page.keyboard().press("Escape");
        assertEquals("response.cancel", server.request().get("type").asText());
    }

    @Test
    void the_keyboard_walks_through_the_text_and_branches() {
        write("\nThe lantern\nThus it", 0.25); // lines that begin alike, so that no font matters
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 20 characters.");
        assertThat(page.locator(".manuscript-text [tabindex='0']")).hasCount(1);
        page.locator(".manuscript-text [tabindex='0']").focus();
        page.keyboard().press("ArrowRight");
        assertThat(focused()).hasAccessibleName("T, 25%");
        page.keyboard().press("ArrowDown");
        page.keyboard().press("ArrowRight");
        page.keyboard().press("ArrowRight");
        assertThat(focused()).hasAccessibleName("u, 25%");
        page.keyboard().press("ArrowUp");
        assertThat(focused()).hasAccessibleName("e, 25%");
        page.keyboard().press("ArrowLeft");
        assertThat(focused()).hasAccessibleName("h, 25%");
        assertThat(panel()).isVisible();
        assertThat(page.locator(".manuscript-text [tabindex='0']")).hasCount(1);
        page.keyboard().press("Enter");
        assertThat(choices().first()).isFocused();
        page.keyboard().press("Tab");
        page.keyboard().press("Enter");
        assertEquals("MARIN:\nTh", server.request().get("input").asText());
    }

    @Test
    void another_character_begins_a_branch_and_the_earlier_text_can_be_got_back() {
        write("\nThe lantern", 0.25);
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 12 characters.");
        character(5).click();
        choice("e, 9.4%: go on from here").click();
        assertEquals("MARIN:\nThe e", server.request().get("input").asText());
        assertThat(panel()).isHidden();
        server.begin(2);
        server.write("vening", 0.5);
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 6 characters.");
        assertEquals("MARIN:\nThe evening", text());
        assertThat(page.locator(".manuscript-prompt").last()).hasText("The e");
        assertThat(prompt()).hasValue("MARIN:");
        page.reload();
        button("Back to the earlier text").click();
        page.waitForCondition(() -> text().equals("MARIN:\nThe lantern"));
        assertThat(page.locator(".manuscript-prompt")).hasText("MARIN:");
        assertThat(button("Back to the earlier text")).hasCount(0);
    }

    @Test
    void a_branch_from_a_text_that_is_being_written_stops_it_first() {
        write("\nThe lantern", 0.25);
        character(5).click();
        choice("newline, 19%: go on from here").click();
        assertEquals("response.cancel", server.request().get("type").asText());
        assertFalse(server.hasRequest(), "two responses at once");
        server.end("cancelled");
        assertEquals("MARIN:\nThe \n", server.request().get("input").asText());
    }

    @Test
    void colours_say_how_surprising_a_character_was_and_the_ink_stays_readable() {
        for (var scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            reopen(1280, 860, scheme);
            lens("Colour by surprise").check();
            assertThat(lens("Probabilities")).isChecked();
            generate("MARIN:");
            server.request();
            server.begin(1);
            for (double probability : new double[] {0.9, 0.4, 0.2, 0.05, 0.01}) {
                server.write("e", probability);
            }
            server.end("max_output_tokens");
            assertThat(status()).hasText("Wrote 5 characters.");
            assertThat(page.locator(".legend li")).hasCount(5);
            var tints = IntStream.range(0, 5).mapToObj(this::background).toList();
            assertEquals(5, tints.stream().distinct().count(), tints.toString());
            for (int i = 0; i < 5; i++) {
                assertTrue(contrast(i) >= 4.5, scheme + ", tint " + i + ": " + contrast(i));
            }
            lens("Colour by surprise").uncheck();
            page.waitForCondition(() -> background(0).equals(background(4)));
            assertThat(lens("Probabilities")).isChecked();
        }
    }

    @Test
    void on_a_phone_the_panel_is_a_sheet_that_fingers_can_walk_with() {
        reopen(360, 640, ColorScheme.LIGHT);
        page.locator(".settings-summary").tap();
        lens("Probabilities").check();
        page.locator(".settings-summary").tap();
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("\nThe lantern turns upon the quiet stair.".repeat(12), 0.25);
        server.end("max_output_tokens");
        character(478).tap();
        assertThat(page.locator(".panel-choice[aria-current=true]")).containsText("r");
        button("Next character").tap();
        assertThat(page.locator(".panel-choice[aria-current=true]")).containsText(".");
        assertThat(character(479)).isInViewport();
        assertTrue((Boolean) page.evaluate("""
                () => document.querySelector('.is-marked').getBoundingClientRect().bottom
                    <= document.querySelector('.panel').getBoundingClientRect().top"""), "the sheet covers its character");
        assertTrue((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
        button("Close").tap();
        assertThat(panel()).isHidden();
    }

    @Test
    void probabilities_outlast_a_reload() {
        write("\nThe lantern", 0.25);
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 12 characters.");
        page.reload();
        character(5).hover();
        assertThat(panel()).containsText("25%");
    }

    /// Leaves a response under way, of which `text` is written.
    private void write(String text, double probability) {
        lens("Probabilities").check();
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write(text, probability);
        assertThat(page.locator(".manuscript-completion")).hasCount(text.length());
    }

    private Locator lens(String name) {
        return page.getByRole(
                AriaRole.SWITCH, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator character(int at) {
        return page.locator(".manuscript-completion").nth(at);
    }

    private Locator panel() {
        return page.getByRole(AriaRole.COMPLEMENTARY, new Page.GetByRoleOptions().setName("Probabilities"));
    }

    private Locator choices() {
        return page.locator(".panel-choice");
    }

    private Locator choice(String name) {
        return panel().getByRole(
                        AriaRole.BUTTON,
                        new Locator.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator focused() {
        return page.locator(":focus");
    }

    private Object background(int at) {
        return character(at).evaluate("ink => getComputedStyle(ink).backgroundColor");
    }

    /// WCAG's contrast ratio of a character to what is behind it.
    private double contrast(int at) {
        return ((Number) character(at).evaluate("""
                ink => {
                    const canvas = document.createElement('canvas').getContext('2d');
                    const luminance = (...colours) => {
                        for (const colour of colours) {
                            canvas.fillStyle = colour;
                            canvas.fillRect(0, 0, 1, 1);
                        }
                        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data]
                            .map((value) => value / 255)
                            .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
                        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                    };
                    const paper = getComputedStyle(document.body).backgroundColor;
                    const behind = luminance(paper, getComputedStyle(ink).backgroundColor);
                    const front = luminance(getComputedStyle(ink).color);
                    return (Math.max(behind, front) + 0.05) / (Math.min(behind, front) + 0.05);
                }""")).doubleValue();
    }
}
