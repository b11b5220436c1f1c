package tinylm.web;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Signing in with a real browser, which alone knows what it sends as Origin and where its cookie goes.
@QuarkusTest
@TestProfile(KeysProfile.class)
class SignInPageTest {

    private static Chromium chromium;

    @TestHTTPResource("/")
    URI address;

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

    @Test
    void a_person_with_a_phone_signs_in_by_keyboard_and_the_socket_opens() {
        var options = new Browser.NewContextOptions().setViewportSize(320, 640);
        Page page = chromium.browser().newContext(options).newPage();
        List<String> complaints = new ArrayList<>();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") && !message.text().contains("401")) {
                complaints.add(message.text());
            }
        });
        page.navigate(address.toString());
        assertThat(page).hasURL(address.resolve("/sign-in").toString());
        assertThat(page.getByLabel("API key")).isFocused();
        assertEquals(320, page.evaluate("document.documentElement.scrollWidth"));

        page.keyboard().type("not the key");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.ALERT)).hasText("That API key is not known here.");
        assertThat(page.getByLabel("API key")).hasAccessibleDescription("That API key is not known here.");

        page.getByLabel("API key").fill(KeysProfile.secret(Role.WRITER));
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in"))
                .click();
        assertThat(page).hasURL(address.toString());
        assertThat(page.getByRole(AriaRole.STATUS)).hasText("Ready.");
        assertEquals("", page.evaluate("document.cookie"));
        assertEquals(320, page.evaluate("document.documentElement.scrollWidth"));

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out"))
                .click();
        assertThat(page).hasURL(address.resolve("/sign-in").toString());
        page.navigate(address.toString());
        assertThat(page).hasURL(address.resolve("/sign-in").toString());
        assertEquals(List.of(), complaints);
    }
}
