package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tinylm.inference.Models;

/// Every numeric field of every endpoint with everything that ever broke a parser: an answer with a sentence that
/// names the field, or success; never a 500 and never silence.
@QuarkusTest
class NumericFieldsTest {

    private static final List<String> VALUES = List.of(
            "-1",
            "0",
            "1",
            "2",
            "20",
            "21",
            "0.5",
            "-0.0",
            "1e-308",
            "1e308",
            "-1e308",
            "1e999",
            "-1e999",
            "1e2147483648",
            "2147483647",
            "2147483648",
            "-2147483649",
            "9007199254740991",
            "9007199254740992",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "9".repeat(900),
            "0." + "1".repeat(900),
            "\"1\"",
            "\"\"",
            "\"NaN\"",
            "null",
            "[]",
            "[1]",
            "{}",
            "{\"a\":1}",
            "true",
            "false");

    /// Not JSON at all, so no field can be named.
    private static final List<String> NO_JSON = List.of(
            "NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "0x10", "1e", "-", "--1", "1_000", "", "’1’");

    private static final String COMPLETIONS = "/v1/completions";
    private static final String RESPONSES = "/v1/responses";

    @TestHTTPResource("/")
    URI server;

    @Inject
    Models models;

    private record Field(String path, String name, String others) {

        String with(String value) {
            return "{" + others + ",\"" + name + "\":" + value + "}";
        }

        @Override
        public String toString() {
            return path + " " + name;
        }
    }

    static Stream<Field> fields() {
        var completion = "\"prompt\":\"a\"";
        var response = "\"input\":\"a\"";
        return Stream.of(
                        Stream.of(
                                        "temperature",
                                        "top_p",
                                        "top_k",
                                        "min_p",
                                        "repetition_penalty",
                                        "seed",
                                        "logprobs",
                                        "n",
                                        "best_of",
                                        "presence_penalty",
                                        "frequency_penalty",
                                        "logit_bias",
                                        "suffix",
                                        "echo",
                                        "stop",
                                        "model",
                                        "stream_options")
                                .map(name -> new Field(COMPLETIONS, name, completion + ",\"max_tokens\":1")),
                        Stream.of(new Field(COMPLETIONS, "max_tokens", completion)),
                        Stream.of(new Field(COMPLETIONS, "prompt", "\"max_tokens\":1")),
                        Stream.of(
                                        "temperature",
                                        "top_p",
                                        "top_k",
                                        "min_p",
                                        "repetition_penalty",
                                        "seed",
                                        "top_logprobs",
                                        "include",
                                        "stop",
                                        "model",
                                        "previous_response_id",
                                        "tools",
                                        "background",
                                        "conversation",
                                        "instructions",
                                        "reasoning",
                                        "store",
                                        "text")
                                .map(name -> new Field(RESPONSES, name, response + ",\"max_output_tokens\":1")),
                        Stream.of(new Field(RESPONSES, "max_output_tokens", response)),
                        Stream.of(new Field(RESPONSES, "input", "\"max_output_tokens\":1")))
                .flatMap(all -> all);
    }

    @AfterEach
    void everything_ended() {
        Awaitility.await().until(() -> models.current().engine().unfinished() == 0);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void a_field_gets_a_sentence_or_success(Field field) {
        try (var api = new HttpApi(server)) {
            for (var value : VALUES) {
                var answer = api.post(field.path(), field.with(value));
                var told = field + " = " + value + ": " + answer.status() + " "
                        + answer.response().body();
                if (answer.status() != 200) {
                    assertTrue(
                            answer.status() == 400
                                    || answer.status() == 404 && field.name().equals("model"),
                            told);
                    assertEquals(field.name(), answer.error().get("param").asText(), told);
                    var sentence = answer.error().get("message").asText();
                    boolean namesIt = sentence.contains(field.name())
                            || answer.error().get("code").asText().equals("unknown_characters");
                    assertTrue(namesIt && sentence.endsWith("."), told);
                    assertTrue(sentence.length() < 300, told);
                }
            }
            for (var value : NO_JSON) {
                var answer = api.post(field.path(), field.with(value));
                assertEquals(400, answer.status(), field + " = " + value);
                assertEquals(
                        "A message must be a JSON object, but this is no valid JSON or has a field twice.",
                        answer.error().get("message").asText());
            }
        }
    }

    @Test
    void the_ends_of_every_range_are_allowed_and_what_is_beyond_is_not() {
        var bad = new ArrayList<String>();
        try (var api = new HttpApi(server)) {
            for (var range : List.of(
                    "temperature 0 2 -0.0001 2.0001",
                    "top_p 1e-300 1 0 1.0001",
                    "top_k 0 2147483647 -1 2147483648",
                    "min_p 0 0.9999 -0.0001 1",
                    "repetition_penalty 0.1 10 0.0999 10.001",
                    "seed 0 9007199254740991 -1 9007199254740992",
                    "logprobs 0 20 -1 21",
                    "max_tokens 1 3 0 10001",
                    "n 1 1 0 2")) {
                var words = range.split(" ");
                for (int i = 1; i < words.length; i++) {
                    var most = words[0].equals("max_tokens") ? "" : "\"max_tokens\":1,";
                    var answer = api.post(
                            COMPLETIONS, "{\"prompt\":\"a\"," + most + "\"" + words[0] + "\":" + words[i] + "}");
                    if (answer.status() != (i < 3 ? 200 : 400)) {
                        bad.add(words[0] + " " + words[i] + ": " + answer.status() + " "
                                + answer.response().body());
                    }
                }
            }
        }
        assertEquals(List.of(), bad);
    }

    @Test
    void the_numbers_of_an_address_are_read_as_strictly() {
        try (var api = new HttpApi(server)) {
            for (var value : VALUES) {
                for (var name : List.of("starting_after", "stream")) {
                    var answer = api.get(RESPONSES + "/resp_1?ticket=x&" + name + "="
                            + URLEncoder.encode(value, StandardCharsets.UTF_8));
                    assertEquals(400, answer.status(), name + " " + value);
                    var param = answer.error().get("param").asText();
                    assertTrue(List.of(name, "ticket").contains(param), name + " " + value + ": " + param);
                }
            }
        }
    }
}
