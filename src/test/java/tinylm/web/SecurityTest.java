package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class SecurityTest {

    @TestHTTPResource("/")
    URI server;

    @Test
    void every_answer_forbids_what_is_not_our_own() {
        given().get("/")
                .then()
                .header("Content-Security-Policy", containsString("default-src 'self'"))
                .header("X-Content-Type-Options", "nosniff")
                .header("X-Frame-Options", "DENY")
                .header("Referrer-Policy", "no-referrer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", ""})
    void a_request_meant_for_another_name_is_refused(String host) {
        given().header("Host", host)
                .get("/")
                .then()
                .statusCode(421)
                .body(containsString("This server answers to 127.0.0.1, [::1], localhost only"));
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
        given().header("Host", host).get("/v1/nothing").then().statusCode(404);
    }
}
