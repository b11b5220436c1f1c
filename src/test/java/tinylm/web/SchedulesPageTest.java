package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.runs.RunState;
import tinylm.runs.Runs;
import tinylm.runs.Schedule;
import tinylm.runs.Schedules;

/// The schedules' part of the runs' page in a real browser, over the real API.
@QuarkusTest
class SchedulesPageTest extends RunsInBrowser {

    @TestHTTPResource("/runs")
    URI address;

    @Inject
    Schedules schedules;

    @Inject
    Runs runs;

    /// What was typed and cannot be is refused by the server, and the browser notes that.
    @Override
    boolean isExpected(String error) {
        return error.contains("400");
    }

    @AfterEach
    void close() {
        context.close();
        schedules.list().forEach(schedule -> {
            schedules.delete(schedule.id());
            schedule.last()
                    .run()
                    .filter(run -> runs.get(run).state() != RunState.STOPPED)
                    .ifPresent(runs::stop);
        });
    }

    @Test
    void a_schedule_is_made_up_fired_paused_changed_and_deleted() {
        page.navigate(address.toString());
        page.getByRole(
                        AriaRole.LINK,
                        new Page.GetByRoleOptions().setName("Schedules").setExact(true))
                .click();
        assertThat(page.locator(".schedule-next li")).hasCount(5);
        assertThat(page.locator(".schedule-next")).containsText("At 02:00 every day");
        assertThat(page.getByLabel("Time zone")).hasValue("Europe/Berlin");
        field("Cron").fill("0 25 * * *");
        assertThat(field("Cron")).hasAccessibleDescription(Pattern.compile("The hours cannot be \"25\".*"));
        assertThat(page.locator(".schedule-next li")).hasCount(0);
        button("Every Monday at 2").click();
        assertThat(field("Cron")).hasValue("0 2 * * 1");
        assertThat(page.locator(".schedule-next li").first())
                .containsText(Pattern.compile("^Mon, .* 02:00 \\(UTC\\+0[12]:00\\)$"));
        button("Make the schedule").click();
        assertThat(field("Name")).isFocused();
        assertThat(field("Name")).hasAccessibleDescription(Pattern.compile("A name has .*"));
        field("Name").fill("<i>weekly</i>");
        page.getByText("All values").click();
        field("Steps").fill("30");
        button("Make the schedule").click();
        assertThat(page.locator(".schedule-name")).hasText("<i>weekly</i>");
        assertThat(page.locator(".schedule")).containsText("At 02:00 on Monday, Europe/Berlin");
        assertEquals(Map.of("steps", 30), schedules.list().getFirst().order().config());

        button("Fire now <i>weekly</i>").click();
        assertThat(page.locator(".schedule-outcome")).containsText("Queued run-");
        button("Pause <i>weekly</i>").click();
        assertThat(page.locator(".schedule-when")).hasText("Paused");
        button("Edit <i>weekly</i>").click();
        assertThat(field("Name")).isFocused();
        page.getByText("Replace.").click();
        button("Save the changes").click();
        assertThat(button("Make the schedule")).isVisible();
        var changed = schedules.list().getFirst();
        assertEquals(Schedule.Overlap.REPLACE, changed.timing().overlap());
        assertEquals(Map.of("steps", 30), changed.order().config());
        assertTrue(changed.paused());
        button("Resume <i>weekly</i>").click();
        assertThat(page.locator(".schedule-when")).containsText("Next: Mon");
        assertTrue((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"));

        page.locator(".schedule-outcome a").click();
        assertThat(page.locator(".sheet-title")).hasText("<i>weekly</i>");
        page.goBack();
        button("Delete <i>weekly</i>").click();
        button("Really delete <i>weekly</i>").click();
        assertThat(page.locator(".schedule")).hasCount(0);
        assertEquals(List.of(), schedules.list());
    }
}
