package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.aMapWithSize;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParseException;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.vertx.core.json.JsonObject;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.WebApplicationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class FailuresTest {

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/v1/nothing", "/v1/", "/q/nothing", "/v1/%00", "/v1/..%2f..%2fetc"})
    void an_unknown_address_is_told_in_openais_shape(String path) {
        problem(given().urlEncodingEnabled(false).get(path).then(), 404, "invalid_request_error", "not_found");
    }

    @Test
    void a_method_that_an_address_does_not_take_is_told() {
        problem(given().delete("/").then(), 405, "invalid_request_error", "method_not_allowed")
                .header("Allow", equalTo("GET"));
    }

    @Test
    void types_that_an_address_cannot_answer_in_are_told() {
        problem(given().accept("image/png").get("/").then(), 406, "invalid_request_error", "not_acceptable");
    }

    @Test
    void what_nobody_foresaw_is_told_without_its_details() {
        var problem = Failures.problem(new IllegalStateException("the secret of the house"));
        assertEquals(500, problem.status());
        assertEquals("server_error", problem.type());
        assertFalse(problem.json().contains("secret"), problem.json());
    }

    @Test
    void a_body_that_is_no_json_is_told() {
        var problem = Failures.problem(new JsonParseException(null, "at line 1"));
        assertEquals(400, problem.status());
        assertEquals("invalid_json", problem.code());
    }

    @Test
    void an_exception_of_jax_rs_keeps_its_status_and_allowed_methods() {
        var problem = Failures.problem(new NotAllowedException("GET"));
        assertEquals(405, problem.status());
        assertEquals("GET", problem.headers().get("Allow"));
        assertEquals(415, Failures.problem(new WebApplicationException(415)).status());
    }

    @ParameterizedTest
    @CsvSource({
        "400,invalid_request_error",
        "401,authentication_error",
        "403,permission_error",
        "404,invalid_request_error",
        "429,rate_limit_error",
        "451,invalid_request_error",
        "500,server_error",
        "503,server_error",
        "599,server_error"
    })
    void every_status_has_a_kind_and_a_sentence(int status, String type) {
        var error = new JsonObject(Problem.of(status).json()).getJsonObject("error");
        assertEquals(type, error.getString("type"));
        assertTrue(error.getString("message").matches("[A-Z].+\\."), error.encode());
        assertEquals("top_p", Problem.of(status).about("top_p").param().orElseThrow());
    }

    @Test
    void success_is_no_problem() {
        assertThrows(IllegalArgumentException.class, () -> Problem.of(200));
    }

    static ValidatableResponse problem(ValidatableResponse response, int status, String type, String code) {
        return response.statusCode(status)
                .contentType("application/json")
                .body("error", aMapWithSize(4))
                .body("error.type", equalTo(type))
                .body("error.code", equalTo(code))
                .body("error.message", matchesPattern("[A-Z].+\\."))
                .body("error", hasKey("param"))
                .body("error.param", nullValue());
    }
}
