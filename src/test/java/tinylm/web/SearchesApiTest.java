package tinylm.web;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tinylm.runs.Runs;

/// The API of searches.
@QuarkusTest
class SearchesApiTest {

    @Inject
    Runs runs;

    @Test
    void a_search_queues_its_runs_and_another_can_begin_with_one_of_them() {
        List<String> ids = search("""
                {"name": "mine", "preset": "demo", "corpus": "own", "config": {"steps": 30},
                 "grid": {"dropout": [0, 0.1], "seed": [1, 2]}, "sample": 3}""")
                .statusCode(201)
                .body("data.size()", equalTo(3))
                .body("data.steps", equalTo(List.of(30, 30, 30)))
                .extract()
                .path("data.id");
        List<String> near = search(
                        "{\"original\": \"" + ids.getFirst() + "\", \"grid\": {\"seed\": [8, 9]}, \"name\": \"near\"}")
                .statusCode(201)
                .body("data.name", equalTo(List.of("seed 8: near", "seed 9: near")))
                .body("data.steps", equalTo(List.of(30, 30)))
                .extract()
                .path("data.id");
        near.forEach(runs::cancel);
        ids.forEach(runs::cancel);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "grid": 5                                      | grid          | grid must be an object, but is the number 5.
                    "grid": {}                                     | grid          | A grid has at least one field, as in {"dropout": [0, 0.1]}.
                    "grid": {"dropout": 0.1}                       | grid.dropout  | A field of a grid is a list of values, as in {"dropout": [0, 0.1]}.
                    "grid": {"dropout": [null, 0.1]}               | dropout       | dropout must be a number.
                    "grid": {"dropout": [0.1, "0.2"]}              | dropout       | dropout must be a number.
                    "grid": {"dropout": [0.1, 1.5]}                | dropout       | Dropout must be at least 0 and below 1, but is 1.5.
                    "grid": {"droput": [0.1]}                      | droput        | A config has no field "droput"; it has batchSize, clip, contextLength, curriculum, decay, dropout, evaluationInterval, learningRate, muonLearningRate, nEmbd, nHead, nLayer, optimizer, patience, seed, steps, warmup, weightDecay.
                    "grid": {"seed": [1]}, "sample": 0             | sample        | sample must be a whole number between 1 and 100, but is the number 0.
                    "grid": {"seed": [1]}, "sample": 2147483648    | sample        | sample must be a whole number between 1 and 100, but is the number 2147483648.
                    "grid": {"seed": [1]}, "original": "run-0"     | preset        | A search begins with a preset or with an original, not with both.
                    "grid": {"seed": [1]}, "config": {"seed": 2}   | seed          | A field is in the config or in the grid, not in both.
                    "gird": {"seed": [1]}                          | gird          | A search has no field "gird"; it has config, corpus, grid, name, original, preset, sample, seed.
                    "name": "mine"                                 | grid          | grid must be there.
                    """)
    void what_is_not_allowed_is_refused_and_nothing_is_queued(String fields, String param, String sentence) {
        int before = runs.list().size();
        search("{\"preset\": \"demo\", \"corpus\": \"own\", " + fields + "}")
                .statusCode(400)
                .body("error.param", equalTo(param))
                .body("error.message", equalTo(sentence));
        assertEquals(before, runs.list().size());
    }

    private static ValidatableResponse search(String body) {
        return given().contentType("application/json")
                .body(body)
                .post("/v1/searches")
                .then();
    }
}
