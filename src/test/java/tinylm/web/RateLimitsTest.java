package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(KeysProfile.class)
class RateLimitsTest {

    @TestHTTPResource("/")
    URI server;

    @Inject
    RateLimits limits;

    @Inject
    StoppedClock clock;

    @Test
    void an_address_that_asks_too_often_has_to_wait_while_others_need_not() {
        for (int i = 0; i < KeysProfile.REQUESTS_PER_ADDRESS; i++) {
            from("198.51.100.1").get("/sign-in").then().statusCode(200);
        }
        tooMany(from("198.51.100.1"), "At most 20 requests a minute are taken from one address; try again in 3 s\\.");
        from("198.51.100.2").get("/sign-in").then().statusCode(200);
        clock.advance(Duration.ofSeconds(3));
        from("198.51.100.1").get("/sign-in").then().statusCode(200);
        given().get("/sign-in").then().statusCode(200);
    }

    @Test
    void wrong_keys_count_too() {
        for (int i = 0; i < KeysProfile.REQUESTS_PER_ADDRESS; i++) {
            from("198.51.100.3")
                    .header("Authorization", "Bearer wrong" + i)
                    .get("/v1/models")
                    .then()
                    .statusCode(not(429));
        }
        tooMany(from("198.51.100.3"), "At most 20 requests.*");
    }

    @Test
    void a_key_that_asks_too_often_has_to_wait_wherever_it_asks_from() {
        var key = "Bearer " + KeysProfile.BUSY;
        clock.advance(Duration.ofMinutes(1));
        for (int i = 0; i < KeysProfile.REQUESTS_PER_KEY; i++) {
            given().header("Authorization", key).get("/sign-in").then().statusCode(200);
        }
        tooMany(
                from("198.51.100.4").header("Authorization", key),
                "At most 200 requests a minute are taken from one key; try again in 1 s\\.");
        var problem = limits.over(Peer.of("127.0.0.1"), "busy").orElseThrow();
        assertEquals("rate_limit_exceeded", problem.code());
    }

    @Test
    void a_response_asked_for_over_a_socket_counts_and_one_too_many_leaves_the_socket_open() {
        clock.advance(Duration.ofMinutes(1));
        try (var client = new SocketClient(server, "Authorization", "Bearer " + KeysProfile.BUSY)) {
            for (int i = 1; i < KeysProfile.REQUESTS_PER_KEY; i++) {
                assertTrue(limits.over(Peer.of("127.0.0.1"), "busy").isEmpty());
            }
            client.send("{\"type\":\"response.create\",\"input\":\"a\",\"max_output_tokens\":1}");
            var error = client.next();
            assertEquals("error", error.get("type").asText());
            assertEquals("rate_limit_error", error.get("error").get("type").asText());
            assertEquals("rate_limit_exceeded", error.get("error").get("code").asText());
            clock.advance(Duration.ofMinutes(1));
            client.create("\"input\":\"a\",\"max_output_tokens\":1");
        }
    }

    private static RequestSpecification from(String address) {
        return given().header("X-Forwarded-For", address);
    }

    private static void tooMany(RequestSpecification request, String sentence) {
        var response = request.get("/sign-in").then();
        FailuresTest.problem(response, 429, "rate_limit_error", "rate_limit_exceeded")
                .header("Retry-After", matchesPattern("[1-9]\\d*"))
                .body("error.message", matchesPattern(sentence));
        SecurityTest.protectedByHeaders(response);
    }
}
