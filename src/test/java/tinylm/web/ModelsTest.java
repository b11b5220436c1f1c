package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;

import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;

@QuarkusTest
class ModelsTest {

    @Test
    void the_model_that_answers_is_listed_in_openais_shape_with_what_vouches_for_it() {
        given().get("/v1/models")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("object", equalTo("list"))
                .body("data", hasSize(1))
                .body("data.id", contains("tinylm-babble"));
        given().get("/v1/models/tinylm-babble")
                .then()
                .statusCode(200)
                .body("object", equalTo("model"))
                .body("owned_by", equalTo("tinylm"))
                .body("created", equalTo(1767225600))
                .body("parameters", greaterThan(1000))
                .body("validation_loss", equalTo(4.2f))
                .body("protocol", equalTo("val-full-32"))
                .body("context_length", equalTo(32))
                .body("alphabet", containsString("xyz"))
                .body("checkpoint", matchesPattern("[0-9a-f]{64}"))
                .body("numerics", matchesPattern("[0-9a-f]{8,}"));
    }

    @Test
    void another_model_is_not_found_and_what_there_is_is_told() {
        given().get("/v1/models/gpt-4")
                .then()
                .statusCode(404)
                .body("error.code", equalTo("model_not_found"))
                .body("error.param", equalTo("model"))
                .body("error.message", containsString("tinylm-babble"))
                .body("error.message", endsWith("."));
    }
}
