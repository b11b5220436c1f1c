package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.microsoft.playwright.assertions.PlaywrightAssertions;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The API's description, and Swagger UI in a real browser.
@QuarkusTest
class DocsTest {

    private static final Pattern INLINE = Pattern.compile("<script(?: defer)?>(.*?)</script>", Pattern.DOTALL);

    @TestHTTPResource("/")
    URI server;

    @Test
    void the_description_names_the_api_its_version_and_the_socket() {
        given().accept("application/json")
                .get("/q/openapi")
                .then()
                .statusCode(200)
                .body("info.title", equalTo("tinylm"))
                .body("info.version", not(containsString("$")))
                .body("info.description", containsString("WS /v1/responses"))
                .body("paths.'/'", equalTo(null));
    }

    @Test
    void the_policy_knows_the_inline_scripts_and_allows_no_others() throws Exception {
        var answer = given().get("/q/swagger-ui/").then().statusCode(200).extract();
        var hashes = new ArrayList<String>();
        var scripts = INLINE.matcher(answer.asString());
        while (scripts.find()) {
            var hash =
                    MessageDigest.getInstance("SHA-256").digest(scripts.group(1).getBytes(StandardCharsets.UTF_8));
            hashes.add("sha256-" + Base64.getEncoder().encodeToString(hash));
        }
        assertEquals(DocsPolicy.SCRIPTS, hashes, "put these into DocsPolicy");
        var policies = answer.headers().getValues("Content-Security-Policy");
        assertEquals(1, policies.size(), policies.toString());
        assertFalse(policies.getFirst().matches(".*unsafe-(inline|eval).*"), policies.toString());
        given().get("/").then().header("Content-Security-Policy", not(containsString("sha256")));
    }

    @Test
    void swagger_ui_renders_and_the_browser_complains_of_nothing() {
        try (var chromium = Chromium.launch();
                var page = chromium.browser().newPage()) {
            List<String> complaints = new ArrayList<>();
            page.onConsoleMessage(message -> {
                if (message.type().equals("error")) {
                    complaints.add(message.text());
                }
            });
            page.onPageError(complaints::add);
            page.onRequest(request -> {
                if (!request.url().startsWith(server.toString())
                        && !request.url().startsWith("data:")) {
                    complaints.add("asks for " + request.url());
                }
            });
            page.navigate(server.resolve("/q/swagger-ui/").toString());
            PlaywrightAssertions.assertThat(page.locator(".info .title")).containsText("tinylm");
            PlaywrightAssertions.assertThat(page.locator("#swaggerUiLogoLink")).isVisible();
            assertEquals(List.of(), complaints);
        }
    }
}
