package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tinylm.inference.SamplingParameters;

/// The API's description against what is so.
@QuarkusTest
class ApiSchemaTest {

    @TestHTTPResource("/")
    URI server;

    @Test
    void the_defaults_that_are_told_are_those_that_are_taken() {
        var taken = SamplingParameters.defaults(0);
        var schemas = description().at("/components/schemas");
        for (var schema : Map.of("CompletionRequest", "max_tokens", "ResponseRequest", "max_output_tokens")
                .entrySet()) {
            var told = schemas.get(schema.getKey()).get("properties");
            assertEquals(
                    taken.maxTokens(),
                    told.at("/" + schema.getValue() + "/default").asInt());
            assertEquals(taken.temperature(), told.at("/temperature/default").asDouble());
            assertEquals(taken.topK(), told.at("/top_k/default").asInt(-1));
            assertEquals(taken.topP(), told.at("/top_p/default").asDouble());
            assertEquals(taken.minP(), told.at("/min_p/default").asDouble(-1));
            assertEquals(
                    taken.repetitionPenalty(),
                    told.at("/repetition_penalty/default").asDouble());
            assertEquals(RequestReader.LARGEST_SEED, told.at("/seed/maximum").asLong());
        }
    }

    @Test
    void every_address_says_what_it_does_and_what_it_answers() {
        var paths = description().get("paths");
        for (var path : List.of(
                "/v1/completions post",
                "/v1/responses post",
                "/v1/responses/{id} get",
                "/v1/models get",
                "/v1/models/{id} get",
                "/v1/admin/models get",
                "/v1/admin/models/{id}/promote post",
                "/v1/admin/models/rollback post")) {
            var words = path.split(" ");
            var operation = paths.get(words[0]).get(words[1]);
            assertTrue(operation.hasNonNull("summary"), path);
            assertTrue(operation.get("responses").has("200"), path);
        }
    }

    private JsonNode description() {
        try (var api = new HttpApi(server)) {
            return api.get("/q/openapi?format=json").json();
        }
    }
}
