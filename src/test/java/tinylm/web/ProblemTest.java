package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tinylm.session.Refusal;

class ProblemTest {

    @ParameterizedTest
    @CsvSource({
        "INVALID,400,invalid_request_error,",
        "NOT_FOUND,404,invalid_request_error,",
        "BUSY,429,rate_limit_error,2",
        "UNAVAILABLE,503,server_error,2"
    })
    void what_would_help_decides_the_status_and_whether_to_come_back(
            Refusal.Kind kind, int status, String type, String seconds) {
        var problem = Problem.of(new Refusal(kind, "code", "A sentence.", "top_p"));
        assertEquals(status, problem.status());
        assertEquals(
                Optional.ofNullable(seconds),
                Optional.ofNullable(problem.headers().get("Retry-After")));
        assertEquals(
                new JsonObject()
                        .put("type", type)
                        .put("code", "code")
                        .put("message", "A sentence.")
                        .put("param", "top_p"),
                new JsonObject(problem.json()).getJsonObject("error"));
    }

    @Test
    void without_a_field_at_fault_param_is_null() {
        var problem = Problem.of(new Refusal(Refusal.Kind.BUSY, "queue_full", "Too many.", ""));
        assertEquals(Optional.empty(), problem.param());
    }
}
