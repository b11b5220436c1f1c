package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A server without keys, on this machine only.
@QuarkusTest
class SecurityTest {

    private static final List<String> FOREIGN =
            List.of("http://evil.example", "null", "http://localhost:1", "https://localhost", "");

    @TestHTTPResource("/")
    URI server;

    static List<Access.Rule> rules() {
        return Access.rules();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/nothing", "/v1/nothing", "/q/nothing", "/favicon.svg"})
    void every_answer_forbids_what_is_not_our_own(String path) {
        protectedByHeaders(given().get(path).then());
        protectedByHeaders(given().delete(path).then());
        protectedByHeaders(given().header("Host", "evil.example").get(path).then());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void without_keys_everybody_on_this_machine_may_do_everything(Access.Rule rule) {
        AccessTest.ask(rule, given()).statusCode(not(401)).statusCode(not(403));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void no_route_answers_to_another_name(Access.Rule rule) {
        for (var host : List.of("evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", "")) {
            FailuresTest.problem(
                            AccessTest.ask(rule, given().header("Host", host)),
                            421,
                            "invalid_request_error",
                            "wrong_host")
                    .body("error.message", containsString("This server answers to 127.0.0.1, [::1], localhost only"));
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void nothing_is_changed_for_another_servers_page(Access.Rule rule) {
        for (var origin : FOREIGN) {
            var response = AccessTest.ask(rule, given().header("Origin", origin));
            if (rule.method().equals("GET")) {
                response.statusCode(not(403));
            } else {
                FailuresTest.problem(response, 403, "permission_error", "wrong_origin");
            }
        }
        AccessTest.ask(rule, given().header("Origin", "http://" + server.getAuthority()))
                .statusCode(not(403));
    }

    @Test
    void two_origins_are_none_of_ours() {
        var own = "http://" + server.getAuthority();
        given().header("Origin", own, own).delete("/v1/session").then().statusCode(403);
    }

    @Test
    void http_2_has_no_host_header_and_is_served_all_the_same() throws Exception {
        try (var http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            var answer = http.send(HttpRequest.newBuilder(server).build(), BodyHandlers.discarding());
            assertEquals(HttpClient.Version.HTTP_2, answer.version());
            assertEquals(200, answer.statusCode());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8080", "127.0.0.1:80", "[::1]:8080"})
    void this_machine_is_served_by_any_of_its_names(String host) {
        given().header("Host", host).get("/").then().statusCode(200);
    }

    @Test
    void a_body_that_is_too_large_is_refused_before_it_is_read() {
        FailuresTest.problem(
                given().contentType("application/json")
                        .body("x".repeat(1_100_000))
                        .post("/v1/session")
                        .then(),
                413,
                "invalid_request_error",
                "body_too_large");
    }

    @Test
    void without_keys_there_is_nothing_to_sign_in_to() {
        given().redirects().follow(false).get("/sign-in").then().statusCode(303).header("Location", equalTo("/"));
    }

    static ValidatableResponse protectedByHeaders(ValidatableResponse response) {
        return response.header("Content-Security-Policy", containsString("default-src 'self'"))
                .header("X-Content-Type-Options", equalTo("nosniff"))
                .header("X-Frame-Options", equalTo("DENY"))
                .header("Referrer-Policy", equalTo("same-origin"))
                .header("Cross-Origin-Opener-Policy", equalTo("same-origin"))
                .header("Cross-Origin-Resource-Policy", equalTo("same-origin"));
    }
}
