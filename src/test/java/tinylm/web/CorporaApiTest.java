package tinylm.web;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.runs.Corpora;
import tinylm.runs.CorpusInfo.Source;
import tinylm.runs.FakeLauncher;
import tinylm.runs.Runs;
import tinylm.training.OwnText;

/// The API of corpora. What is uploaded may have 2 MiB here.
@QuarkusTest
class CorporaApiTest {

    private static final String TEXT = OwnText.text(5_000);
    private static final int MOST = 2 << 20;

    @TestHTTPResource("/")
    URI server;

    @Inject
    Corpora corpora;

    @Inject
    Runs runs;

    @Inject
    FakeLauncher launcher;

    @AfterEach
    void end_runs_and_delete_texts() throws IOException {
        RunEnding.endAll(runs, launcher);
        for (var corpus : corpora.list()) {
            if (corpus.source() == Source.UPLOADED) {
                corpora.delete(corpus.id());
            }
        }
    }

    @Test
    void a_text_is_uploaded_looked_at_listed_and_deleted() {
        var id = upload("My novel", TEXT.getBytes(UTF_8))
                .statusCode(201)
                .header("Location", containsString("/v1/corpora/"))
                .body("name", equalTo("My novel"))
                .body("source", equalTo("uploaded"))
                .body("state", equalTo("READY"))
                .body("characters", equalTo(5_000))
                .body("bytes", equalTo(5_000))
                .body("trainCharacters", equalTo(4_500))
                .body("validationCharacters", equalTo(500))
                .body("preview.train", equalTo(TEXT.substring(0, 160)))
                .body("preview.validation", equalTo(TEXT.substring(4_500, 4_660)))
                .extract()
                .<String>path("id");
        upload("Another name", TEXT.getBytes(UTF_8)).statusCode(200).body("name", equalTo("My novel"));
        var alphabet = given().get("/v1/corpora/" + id)
                .then()
                .statusCode(200)
                .body("sha256", equalTo(id))
                .extract()
                .<String>path("alphabet");
        assertEquals(TEXT.chars().distinct().count(), alphabet.length());
        given().get("/v1/corpora")
                .then()
                .statusCode(200)
                .body("mostBytes", equalTo(MOST))
                .body("data[0].id", equalTo("own"))
                .body("data[0].source", equalTo("catalog"))
                .body("data[0].state", equalTo("READY"))
                .body("data[0].preview", nullValue())
                .body("data.find { it.id == '%s' }.vocabSize".formatted(id), equalTo(alphabet.length()))
                .body("data.find { it.id == 'distant' }.state", equalTo("ABSENT"))
                .body("data.find { it.id == 'distant' }.alphabet", nullValue());
        given().delete("/v1/corpora/" + id).then().statusCode(204);
        refused(given().get("/v1/corpora/" + id).then(), 404, "corpus_not_found");
        given().get("/v1/corpora").then().body("data.id", not(hasItem(id)));
    }

    @Test
    void a_text_that_a_run_learns_is_not_deleted_before_the_run_has_ended() {
        var id = upload("mine", TEXT.getBytes(UTF_8)).extract().<String>path("id");
        given().contentType("application/json")
                .body("{\"preset\": \"demo\", \"corpus\": \"mine\", \"name\": \"nightly\"}")
                .post("/v1/runs")
                .then()
                .statusCode(201)
                .body("corpus.sha256", equalTo(id))
                .body("config.model.vocabSize", equalTo((int)
                        TEXT.chars().distinct().count()));
        refused(given().delete("/v1/corpora/" + id).then(), 409, "wrong_state")
                .body(
                        "error.message",
                        equalTo("The corpus mine cannot be deleted: the run nightly uses it and has not ended."));
        RunEnding.endAll(runs, launcher);
        given().delete("/v1/corpora/" + id).then().statusCode(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "own", "a/b", "<b>", "..", "a\nb"})
    void a_name_that_is_not_allowed_is_refused(String name) {
        refused(upload(name, TEXT.getBytes(UTF_8)), 400, "invalid_value")
                .body("error.param", equalTo("name"))
                .body("error.message", startsWith("A corpus' name has 1 to 64 letters"));
    }

    @Test
    void a_text_without_a_name_is_refused() {
        for (var query : List.of("", "?name=")) {
            refused(
                            given().contentType("application/octet-stream")
                                    .body(TEXT.getBytes(UTF_8))
                                    .post("/v1/corpora" + query)
                                    .then(),
                            400,
                            "invalid_value")
                    .body("error.param", equalTo("name"))
                    .body("error.message", startsWith("A corpus needs a name"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/html", "text/plain;charset=iso-8859-1", "multipart/form-data"})
    void another_type_is_refused_with_those_that_are_taken(String type) {
        refused(
                        given().queryParam("name", "typed")
                                .header("Content-Type", type)
                                .body(TEXT.getBytes(UTF_8))
                                .post("/v1/corpora")
                                .then(),
                        415,
                        "unsupported_type")
                .body("error.message", containsString("text/plain, in UTF-8"));
    }

    @Test
    void what_is_no_text_is_refused_with_line_and_column() {
        refused(
                (TEXT + "\ncaf\u00e9").getBytes(ISO_8859_1),
                "is not UTF-8: the byte 0xE9 at line "
                        + (TEXT.chars().filter(c -> c == '\n').count() + 2)
                        + ", column 4. Save it as UTF-8 and try again.");
        refused(("a\u0000" + TEXT).getBytes(UTF_8), "cannot be kept or shown.");
        refused("short".getBytes(UTF_8), "has 5 characters; a corpus needs at least 1000.");
        refused(new byte[0], "has 0 characters; a corpus needs at least 1000.");
    }

    private void refused(byte[] body, String end) {
        refused(upload("broken", body), 422, "corpus_refused")
                .body("error.message", startsWith("The corpus broken "))
                .body("error.message", endsWith(end));
    }

    @Test
    void a_text_may_be_larger_than_other_bodies_and_no_larger_than_its_own_limit() throws Exception {
        var large = OwnText.text(MOST).getBytes(UTF_8);
        upload("announced", large).statusCode(201).body("bytes", equalTo(MOST));
        assertEquals(
                200, streamed("/v1/corpora?name=streamed", "text/plain", large).statusCode());
        var tooLarge = OwnText.text(MOST + 1).getBytes(UTF_8);
        refused(upload("announced", tooLarge), 413, "body_too_large")
                .body("error.message", equalTo("The body of this request may have at most 2097152 bytes."));
        var refused = streamed("/v1/corpora?name=streamed", "text/plain", tooLarge);
        assertEquals(413, refused.statusCode());
        assertTrue(refused.body().contains("at most 2097152 bytes."), refused.body());
        var other = ("{\"preset\": \"" + "x".repeat(1_100_000) + "\"}").getBytes(UTF_8);
        assertEquals(413, streamed("/v1/runs", "application/json", other).statusCode());
    }

    /// Without a Content-Length.
    private HttpResponse<String> streamed(String path, String type, byte[] body) throws Exception {
        try (var http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            var request = HttpRequest.newBuilder(server.resolve(path))
                    .header("Content-Type", type)
                    .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                    .build();
            return http.send(request, BodyHandlers.ofString());
        }
    }

    @Test
    void the_catalogs_are_not_deleted_and_only_they_are_downloaded() {
        refused(given().delete("/v1/corpora/own").then(), 409, "wrong_state");
        for (var ask : Map.of("/v1/corpora/x", "DELETE", "/v1/corpora/y/download", "POST")
                .entrySet()) {
            refused(given().request(ask.getValue(), ask.getKey()).then(), 404, "corpus_not_found");
        }
        var id = upload("mine", TEXT.getBytes(UTF_8)).extract().<String>path("id");
        refused(given().post("/v1/corpora/" + id + "/download").then(), 409, "wrong_state");
    }

    @Test
    void a_download_is_accepted_and_the_list_tells_why_it_failed() {
        given().post("/v1/corpora/own/download").then().statusCode(202).body("state", equalTo("READY"));
        given().post("/v1/corpora/distant/download").then().statusCode(202).body("id", equalTo("distant"));
        Awaitility.await()
                .until(() -> Optional.ofNullable(given().get("/v1/corpora/distant")
                                .then()
                                .statusCode(200)
                                .extract()
                                .<String>path("problem"))
                        .filter(problem -> problem.startsWith("The corpus distant was not downloaded"))
                        .isPresent());
    }

    private static ValidatableResponse refused(ValidatableResponse response, int status, String code) {
        return response.statusCode(status)
                .contentType("application/json")
                .body("error.code", equalTo(code))
                .body("error.message", matchesPattern("[A-Z].+\\."));
    }

    private static ValidatableResponse upload(String name, byte[] body) {
        return given().queryParam("name", name)
                .contentType("application/octet-stream")
                .body(body)
                .post("/v1/corpora")
                .then();
    }
}
