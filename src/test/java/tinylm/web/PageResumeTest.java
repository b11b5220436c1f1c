package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Route;
import io.quarkus.test.junit.QuarkusTest;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The page in a real browser: a place in the queue, a connection that breaks, a text that goes on.
@QuarkusTest
class PageResumeTest extends ScriptedDesk {

    private static final Pattern GONE_ON = Pattern.compile("^Gone on after \\d+\\.\\d s, nothing lost\\.$");

    @Test
    void the_place_in_the_queue_is_shown_as_it_changes() {
        generate("MARIN:");
        server.request();
        server.begin(1);
        for (var place : new String[] {"112th", "23rd", "12th", "11th", "3rd", "2nd", "1st"}) {
            server.queue(Integer.parseInt(place.replaceAll("\\D", "")));
            assertThat(status()).hasText("Waiting: " + place + " in line");
        }
        server.start();
        assertThat(status()).hasText("Writing\u2026");
        server.write("\nOne");
        server.end("max_output_tokens");
        assertThat(status()).hasText("Wrote 4 characters.");
    }

    @Test
    void a_lost_connection_is_shown_comes_back_and_the_text_goes_on_where_it_was() {
        beginAndLose("\nThe lan");
        assertThat(status()).hasText("Connection lost at character 8. Going on\u2026");
        var before = server.connections();
        page.waitForCondition(() -> server.connections() >= before + 2);
        assertFalse(server.hasRequest(), "nothing can be sent yet");
        server.comeBack();
        assertResumes(server.request(), 8, "\nThe lan");
        server.start();
        server.repeat("lan");
        server.write("tern");
        assertThat(status()).hasText(GONE_ON);
        assertEquals("MARIN:\nThe lantern", text());
        server.write(" turns");
        server.end("max_output_tokens");
        assertThat(status())
                .hasText(Pattern.compile("^Wrote 18 characters\\. Gone on after \\d+\\.\\d s, nothing lost\\.$"));
        assertEquals("MARIN:\nThe lantern turns", text());
        button("Continue").click();
        var more = server.request();
        assertEquals("resp_1", more.get("previous_response_id").asText());
    }

    @Test
    void what_is_lost_again_goes_on_again_and_counts_only_the_characters_of_its_own_response() {
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write("\nThe");
        server.end("max_output_tokens");
        button("Continue").click();
        server.request();
        server.begin(2);
        server.write(" lan");
        assertThat(completion()).hasText("lan");
        server.close(1006, "");
        assertResumes(server.request(), 4, " lan");
        server.close(1006, "");
        assertResumes(server.request(), 4, " lan");
        server.write("tern");
        assertThat(status()).hasText(GONE_ON);
        server.close(1008, "This reader was too slow.");
        assertResumes(server.request(), 8, " lantern");
        server.write(" turns");
        assertThat(status()).hasText(GONE_ON);
        assertEquals("MARIN:\nThe lantern turns", text());
    }

    @Test
    void a_server_that_starts_anew_is_left_alone_for_as_long_as_it_asks() {
        begin("\nThe lan");
        server.close(1012, "Service restart; retry after 1700 ms");
        assertResumes(server.request(), 8, "\nThe lan");
        assertTrue(server.millisecondsAway() >= 1700, "back after " + server.millisecondsAway() + " ms");
    }

    @Test
    void a_reload_in_the_middle_goes_on() {
        begin("\nThe lan");
        page.reload();
        assertResumes(server.request(), 8, "\nThe lan");
        assertThat(status()).hasText("Reloaded at character 8. Going on\u2026");
        server.write("tern");
        assertThat(status()).hasText(GONE_ON);
        assertEquals("MARIN:\nThe lantern", text());
    }

    @Test
    void another_tab_does_not_go_on_with_what_this_one_is_reading() {
        begin("\nThe lan");
        page.waitForCondition(() -> String.valueOf(page.evaluate("localStorage.getItem('tinylm.desk')"))
                .contains("\\nThe lan"));
        var other = context.newPage();
        var others = new ScriptedResponses(other);
        other.navigate(address.toString());
        assertThat(other.getByText("Continue goes on from here.")).isVisible();
        assertThat(other.locator(".actions-status")).hasText("Ready.");
        assertFalse(others.hasRequest(), "the response was resumed twice");
    }

    @Test
    void a_server_that_does_not_know_the_ticket_is_told_of_in_the_readers_words() {
        begin("\nThe lan");
        server.close(1006, "");
        server.request();
        server.refuse("ticket_invalid", "The ticket must be one that this server gave.", "ticket");
        assertThat(page.getByText("The server that wrote this is gone, and the one that is here cannot go on with it."))
                .isVisible();
        assertEquals("MARIN:\nThe lan", text());
    }

    @Test
    void a_refusal_to_go_on_keeps_the_text_says_why_and_leaves_it_to_the_reader() {
        begin("\nThe lan");
        server.close(1006, "");
        server.request();
        server.refuse("other_checkpoint", "Another model answers here now.", "ticket");
        assertThat(page.getByText(
                        "Another model answers here now. The text so far is kept; Continue goes on from here."))
                .isVisible();
        assertEquals("MARIN:\nThe lan", text());
        button("Continue").click();
        server.request();
        server.refuse("unknown_response", "That response is not known.", "previous_response_id");
        assertEquals("MARIN:\nThe lan", server.request().get("input").asText());
        server.begin(2);
        server.write("d");
        assertThat(page.getByText("Another model answers here now.")).hasCount(0);
        page.waitForCondition(() -> text().equals("MARIN:\nThe land"));
    }

    @Test
    void a_full_server_is_asked_again() {
        begin("\nThe lan");
        server.close(1006, "");
        server.request();
        server.refuse("queue_full", "200 wait already, which is the limit.", "");
        assertResumes(server.request(), 8, "\nThe lan");
    }

    @Test
    void stop_ends_the_waiting_for_a_connection() {
        beginAndLose("\nThe lan");
        assertThat(status()).containsText("Going on");
        page.keyboard().press("Escape");
        assertThat(status()).hasText("Stopped.");
        assertThat(button("Generate")).isVisible();
        server.comeBack();
        assertThat(status()).hasText("Connected again.");
        assertFalse(server.hasRequest(), "it was resumed although it was stopped");
        assertEquals("MARIN:\nThe lan", text());
    }

    @Test
    void a_connection_that_is_lost_before_the_model_began_says_so() {
        generate("MARIN:");
        server.request();
        server.close(1006, "");
        assertThat(page.getByText("The connection was lost before the model began. Nothing was written."))
                .isVisible();
        assertThat(status()).hasText("Connected again.");
    }

    @Test
    void who_is_no_longer_signed_in_is_led_to_the_door() {
        server.answer("models", 401, "Sign in.");
        page.route(
                "**/sign-in",
                route -> route.fulfill(
                        new Route.FulfillOptions().setBody("The door").setContentType("text/plain")));
        server.goAway();
        page.waitForURL("**/sign-in");
        context.close(); // the browser notes each refusal
        complaints.removeIf(complaint -> complaint.contains("401"));
    }

    @Test
    void who_may_not_write_is_told_so() {
        server.answer("responses", 403, "This key may look, but not write.");
        server.goAway();
        assertThat(status()).hasText("This key may look, but not write.");
        context.close(); // the page asks again, and the browser notes each refusal
        complaints.removeIf(complaint -> complaint.contains("403"));
    }

    @Test
    void an_unused_connection_that_the_server_lets_go_is_no_loss() {
        var before = server.connections();
        server.close(1000, "Nothing was said for 15 min; please connect again.");
        page.waitForCondition(() -> server.connections() == before + 1);
        assertThat(status()).hasText("Ready.");
        generate("MARIN:");
        server.request();
    }

    @Test
    void who_asks_before_the_page_is_connected_is_told_when_it_is() {
        page.addInitScript("const { open } = WebSocket.prototype;"
                + " WebSocket.prototype.open = function () { window.connect = () => open.call(this); };");
        page.reload();
        generate("MARIN:");
        assertThat(status()).hasText("Not connected. Trying again\u2026");
        page.evaluate("connect()");
        assertThat(status()).hasText("Connected again.");
        assertFalse(server.hasRequest(), "it was sent although nothing was connected");
        generate("MARIN:");
        server.request();
    }

    private void begin(String text) {
        generate("MARIN:");
        server.request();
        server.begin(1);
        server.write(text);
        assertThat(completion()).hasText(text.strip());
    }

    private void beginAndLose(String text) {
        begin(text);
        server.goAway();
    }

    private void assertResumes(JsonNode frame, int characters, String text) {
        assertEquals("response.resume", frame.get("type").asText(), frame.toString());
        assertEquals(server.ticket(), frame.get("ticket").asText());
        assertEquals(
                ScriptedResponses.FIRST_CHARACTER + characters,
                frame.get("starting_after").asInt());
        assertEquals(text, frame.get("text").asText());
    }
}
