package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.oneOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every route has an owner, and only those may use it whom the table says.
@QuarkusTest
@TestProfile(KeysProfile.class)
class AccessTest {

    @Inject
    Routes routes;

    static List<Access.Rule> rules() {
        return Access.rules();
    }

    @Test
    void every_route_of_the_running_server_is_in_the_table() {
        var all = routes.all();
        assertTrue(
                all.containsAll(List.of(
                        "GET /", "POST /v1/session", "GET /v1/responses", "GET /q/health/live", "GET /q/metrics")),
                all.toString());
        for (var route : all) {
            var parts = route.split(" ", 2);
            assertInstanceOf(
                    Access.Ruling.Open.class,
                    Access.ruling(parts[0], filled(parts[1])),
                    () -> route + " has no owner: say in Access who may use it");
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void without_a_key_only_what_is_for_anybody_is_answered(Access.Rule rule) {
        var response = ask(rule, given());
        if (rule.least().isEmpty()) {
            response.statusCode(not(oneOf(401, 403)));
        } else if (rule.path().equals("/")) {
            response.statusCode(303).header("Location", is("/sign-in"));
        } else {
            FailuresTest.problem(response, 401, "authentication_error", "key_required")
                    .header("WWW-Authenticate", is("Bearer realm=\"tinylm\""));
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_key_may_do_what_its_role_says_and_nothing_more(Role role) {
        for (var rule : Access.rules()) {
            var response = ask(rule, given().header("Authorization", "Bearer " + KeysProfile.secret(role)));
            if (rule.least().map(role::may).orElse(true)) {
                response.statusCode(not(oneOf(401, 403)));
            } else {
                FailuresTest.problem(response, 403, "permission_error", "not_allowed");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/v1/nothing", "/v1/admin", "/q", "/q/arc/beans", "/q/dev-ui", "/page.html"})
    void what_is_not_in_the_table_is_not_there_for_anybody(String path) {
        FailuresTest.problem(given().get(path).then(), 404, "invalid_request_error", "not_found");
        var admin = given().header("Authorization", "Bearer " + KeysProfile.secret(Role.ADMIN));
        FailuresTest.problem(admin.get(path).then(), 404, "invalid_request_error", "not_found");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"//v1/admin/models", "/v1/./admin/models", "/v1/admin/../admin/models", "/v1/%61dmin/models"})
    void another_spelling_of_an_address_opens_nothing(String path) {
        given().urlEncodingEnabled(false)
                .header("Authorization", "Bearer " + KeysProfile.secret(Role.WRITER))
                .get(path)
                .then()
                .statusCode(oneOf(403, 404));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Bearer", "Bearer ", "Bearer wrong", "bearer secret-of-the-viewe", "Bearer secret-of-the-viewer2"
            })
    void a_wrong_key_is_refused_even_where_none_is_needed(String header) {
        for (var path : List.of("/v1/models", "/sign-in")) {
            var response = given().header("Authorization", header).get(path).then();
            if (header.equals("Bearer") || header.equals("Bearer ")) {
                response.statusCode(path.equals("/sign-in") ? 200 : 401);
            } else {
                FailuresTest.problem(response, 401, "authentication_error", "invalid_api_key");
            }
        }
    }

    @Test
    void the_table_fills_placeholders_with_one_segment_and_stars_with_any_number() {
        assertEquals(new Access.Ruling.Open(Optional.of(Role.VIEWER)), Access.ruling("HEAD", "/q/metrics"));
        assertEquals(new Access.Ruling.Open(Optional.of(Role.VIEWER)), Access.ruling("GET", "/q/metrics/x/y"));
        assertEquals(new Access.Ruling.Unknown(), Access.ruling("GET", "/q/metricsx"));
        assertEquals(new Access.Ruling.Unknown(), Access.ruling("GET", "/v1/models/"));
        assertEquals(new Access.Ruling.Unknown(), Access.ruling("GET", "/v1/models/a/b"));
        assertInstanceOf(Access.Ruling.WrongMethod.class, Access.ruling("TRACE", "/"));
    }

    /// The answer to a request that a rule is about; none may lack the headers that protect a browser.
    static ValidatableResponse ask(Access.Rule rule, RequestSpecification request) {
        var asked = rule.method().equals("POST")
                ? request.contentType("application/json").body("{}")
                : request;
        return SecurityTest.protectedByHeaders(asked.redirects()
                .follow(false)
                .request(rule.method(), filled(rule.path()))
                .then());
    }

    private static String filled(String path) {
        return path.replaceAll("\\{[^}]*}", "x").replace("/**", "/x");
    }
}
