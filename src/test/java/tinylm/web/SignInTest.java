package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.Cookie;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(KeysProfile.class)
class SignInTest {

    private static final String ALICE = "203.0.113.1";
    private static final String BOB = "203.0.113.2";

    @Test
    void a_browser_without_a_key_is_sent_to_the_sign_in_page() {
        given().redirects()
                .follow(false)
                .get("/")
                .then()
                .statusCode(303)
                .header("Location", equalTo("/sign-in"))
                .body(emptyString());
        given().get("/sign-in")
                .then()
                .statusCode(200)
                .contentType("text/html")
                .header("Cache-Control", equalTo("no-store"))
                .body(containsString("<label class=\"label\" for=\"key\">API key</label>"))
                .body(not(containsString("role=\"alert\"")));
    }

    @Test
    void a_key_shown_once_becomes_a_cookie_that_opens_the_page() {
        var response = submit(given(), KeysProfile.secret(Role.VIEWER));
        response.then().statusCode(303).header("Location", equalTo("/"));
        var cookie = response.getDetailedCookie(KeyAuthentication.COOKIE);
        assertTrue(cookie.isHttpOnly());
        assertEquals("Strict", cookie.getSameSite());
        assertEquals("/", cookie.getPath());
        assertEquals(12 * 3600, cookie.getMaxAge());
        assertFalse(cookie.isSecured());
        assertFalse(cookie.getValue().contains(KeysProfile.secret(Role.VIEWER)));
        given().cookie(cookie).get("/").then().statusCode(200).body(containsString("tinylm-babble"));
        given().cookie(cookie).post("/v1/completions").then().statusCode(403);
    }

    @Test
    void a_cookie_that_came_over_https_never_travels_without_it() {
        assertTrue(submit(given().header("X-Forwarded-Proto", "https"), KeysProfile.secret(Role.VIEWER))
                .getDetailedCookie(KeyAuthentication.COOKIE)
                .isSecured());
    }

    @Test
    void a_script_may_sign_in_and_out() {
        var response = given().contentType("application/json")
                .body("{\"key\":\"" + KeysProfile.secret(Role.ADMIN) + "\"}")
                .post("/v1/session");
        response.then().statusCode(204);
        Cookie cookie = response.getDetailedCookie(KeyAuthentication.COOKIE);
        given().cookie(cookie).get("/").then().statusCode(200);
        var out = given().cookie(cookie).delete("/v1/session");
        out.then().statusCode(204);
        assertEquals(0, out.getDetailedCookie(KeyAuthentication.COOKIE).getMaxAge());
        assertEquals("", out.getDetailedCookie(KeyAuthentication.COOKIE).getValue());
    }

    @Test
    void a_wrong_key_is_told_on_the_page_and_gives_no_cookie() {
        var response = submit(given().header("X-Forwarded-For", BOB), "wrong");
        response.then()
                .statusCode(401)
                .contentType("text/html")
                .body(containsString("role=\"alert\">That API key is not known here.</p>"));
        assertEquals(null, response.getDetailedCookie(KeyAuthentication.COOKIE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"key\":null}", "{\"key\":[]}", "{", "null", "[]", "x"})
    void what_is_no_key_is_refused_with_a_sentence(String body) {
        given().contentType("application/json")
                .body(body)
                .post("/v1/session")
                .then()
                .statusCode(400)
                .body("error.message", matchesPattern("[A-Za-z].*\\."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "a.b.c", "..", "YWRtaW4.99999999999.x", "YWRtaW4.99999999999999999999.x"})
    void a_cookie_that_was_made_up_opens_nothing(String token) {
        given().cookie(KeyAuthentication.COOKIE, token).get("/v1/models").then().statusCode(401);
    }

    @Test
    void after_too_many_wrong_keys_an_address_has_to_wait_while_others_need_not() {
        for (int i = 0; i < KeysProfile.FAILED_SIGN_INS; i++) {
            submit(given().header("X-Forwarded-For", ALICE), "wrong " + i)
                    .then()
                    .statusCode(401);
        }
        submit(given().header("X-Forwarded-For", ALICE), KeysProfile.secret(Role.ADMIN))
                .then()
                .statusCode(429)
                .body(containsString("At most 3 wrong keys a minute are taken from one address"));
        submit(given().header("X-Forwarded-For", BOB), KeysProfile.secret(Role.ADMIN))
                .then()
                .statusCode(303);
    }

    private static Response submit(RequestSpecification request, String key) {
        return request.redirects()
                .follow(false)
                .contentType("application/x-www-form-urlencoded; charset=utf-8")
                .formParam("key", key)
                .post("/v1/session");
    }
}
