package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.inference.SamplingParameters;
import tinylm.session.Refusal;
import tinylm.session.ResumeRequest;

class ClientEventDecoderTest {

    private static final String WHOLE = """
            {"type":"response.create","input":"ROMEO:","max_output_tokens":50,"temperature":0.5,"top_k":10,"top_p":0.7,\
            "min_p":0.1,"repetition_penalty":1.2,"seed":7,"stop":["\\n\\n"],"previous_response_id":"resp_1",\
            "top_logprobs":3,"include":["message.output_text.logprobs"]}""";
    private static final String RESUME = """
            {"type":"response.resume","ticket":"abc.def","starting_after":1005,"text":"so far"}""";

    private static final String VALUE = "(\\[.*?]|\"[^\"]*\"|[0-9.]+)";

    private final ClientEventDecoder decoder = new ClientEventDecoder(new RequestReader(() -> 99));

    @Test
    void every_field_of_a_create_is_read() {
        var request = assertInstanceOf(ClientEvent.Create.class, decoder.decode(WHOLE))
                .request();
        assertEquals("ROMEO:", request.input());
        assertEquals(new SamplingParameters(0.5, 10, 0.7, 0.1, 1.2, 7, 50), request.parameters());
        assertEquals(List.of("\n\n"), request.stop());
        assertEquals(Optional.of("resp_1"), request.previousResponseId());
        assertEquals(OptionalInt.of(3), request.topLogprobs());
    }

    @Test
    void what_is_absent_has_its_default_and_a_chosen_seed_and_unknown_fields_are_left_alone() {
        var event = decoder.decode("{\"type\":\"response.create\",\"input\":\"a\",\"model\":\"x\",\"store\":null}");
        var request = assertInstanceOf(ClientEvent.Create.class, event).request();
        assertEquals(SamplingParameters.defaults(99), request.parameters());
        assertEquals(List.of(), request.stop());
        assertEquals(Optional.empty(), request.previousResponseId());
    }

    @Test
    void a_cancel_is_for_one_response_or_for_whichever_runs() {
        assertEquals(new ClientEvent.Cancel(), decoder.decode("{\"type\":\"response.cancel\"}"));
        assertEquals(
                new ClientEvent.CancelOne("resp_1"),
                decoder.decode("{\"type\":\"response.cancel\",\"response_id\":\"resp_1\"}"));
    }

    @Test
    void logprobs_are_asked_for_by_either_field() {
        assertEquals(OptionalInt.empty(), topLogprobs(""));
        assertEquals(OptionalInt.of(0), topLogprobs(",\"include\":[\"message.output_text.logprobs\"]"));
        assertEquals(OptionalInt.of(20), topLogprobs(",\"top_logprobs\":20"));
        assertEquals(OptionalInt.empty(), topLogprobs(",\"top_logprobs\":null,\"include\":null"));
    }

    @Test
    void a_resume_names_its_ticket_and_how_far_the_text_had_come() {
        assertEquals(
                new ClientEvent.Resume(new ResumeRequest("abc.def", 1005, Optional.of("so far"))),
                decoder.decode(RESUME));
        assertEquals(
                new ClientEvent.Resume(new ResumeRequest("t", 0, Optional.empty())),
                decoder.decode("{\"type\":\"response.resume\",\"ticket\":\"t\",\"starting_after\":0}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "temperature",
                "top_k",
                "top_p",
                "min_p",
                "repetition_penalty",
                "seed",
                "max_output_tokens",
                "input",
                "stop",
                "previous_response_id",
                "top_logprobs",
                "include",
                "ticket",
                "starting_after",
                "text",
                "type"
            })
    void no_field_may_be_a_list_of_lists_an_object_or_true(String field) {
        for (var bad : List.of("[[]]", "{}", "true", "[null]")) {
            var refusal = invalid(with(field, bad));
            assertTrue(refusal.message().startsWith(field + " must be "), field + " " + bad + ": " + refusal.message());
            assertEquals(field, refusal.param());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"top_k", "min_p", "repetition_penalty", "input", "type", "ticket", "starting_after", "text"})
    void what_openai_does_not_let_be_null_may_not_be(String field) {
        assertEquals(field, invalid(with(field, "null")).param());
        assertTrue(invalid(with(field, "null")).message().endsWith("but is null."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "temperature",
                "top_p",
                "seed",
                "max_output_tokens",
                "stop",
                "previous_response_id",
                "top_logprobs",
                "include"
            })
    void what_openai_lets_be_null_is_then_absent(String field) {
        var absent = decoder.decode(
                WHOLE.replaceFirst("\"" + field + "\":" + VALUE + ",?", "").replace(",}", "}"));
        assertInstanceOf(ClientEvent.Create.class, absent);
        assertEquals(absent, decoder.decode(with(field, "null")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "background|true",
                "conversation|\"conv_1\"",
                "generate|false",
                "instructions|\"Speak.\"",
                "prompt|{\"id\":\"p\"}",
                "reasoning|{\"effort\":\"low\"}",
                "store|true",
                "text|{\"format\":{\"type\":\"json_object\"}}",
                "text|\"x\"",
                "tool_choice|\"required\"",
                "tools|[{\"type\":\"function\"}]",
                "include|[\"reasoning.encrypted_content\"]"
            })
    void what_openai_knows_and_we_cannot_do_is_refused(String field, String value) {
        var refusal = invalid("{\"type\":\"response.create\",\"input\":\"a\",\"" + field + "\":" + value + "}");
        assertEquals(field, refusal.param());
        assertTrue(refusal.message().startsWith(field + " must be "), refusal.message());
    }

    @Test
    void what_stock_clients_send_without_meaning_it_is_no_hindrance() {
        var event = decoder.decode("""
                {"type":"response.create","input":"a","model":"tiny","background":false,"conversation":null,\
                "instructions":null,"reasoning":{},"store":false,"text":{"format":{"type":"text"}},"tool_choice":"auto",\
                "tools":[],"parallel_tool_calls":true,"metadata":{},"truncation":"disabled","user":"u","stream":true}""");
        assertInstanceOf(ClientEvent.Create.class, event);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "temperature|-1",
                "temperature|2.1",
                "temperature|1e308",
                "temperature|1e999",
                "temperature|\"1\"",
                "top_k|-1",
                "top_k|2147483648",
                "top_k|1.5",
                "top_k|1e308",
                "top_k|\"1\"",
                "top_k|-1e999",
                "top_p|0",
                "top_p|-1",
                "top_p|1.1",
                "top_p|1e308",
                "top_p|\"1\"",
                "min_p|-1",
                "min_p|1",
                "min_p|1e308",
                "min_p|\"0\"",
                "repetition_penalty|0",
                "repetition_penalty|-1",
                "repetition_penalty|1e308",
                "seed|-1",
                "seed|9007199254740992",
                "seed|1.5",
                "seed|1e308",
                "seed|\"7\"",
                "max_output_tokens|0",
                "max_output_tokens|-1",
                "max_output_tokens|2147483648",
                "max_output_tokens|99999999999999999999999999",
                "max_output_tokens|1e308",
                "input|1",
                "stop|1",
                "previous_response_id|1",
                "type|1",
                "type|\"response.delete\"",
                "top_logprobs|-1",
                "top_logprobs|21",
                "top_logprobs|1e308",
                "top_logprobs|\"1\"",
                "include|\"x\"",
                "ticket|1",
                "text|1",
                "starting_after|-1",
                "starting_after|1.5",
                "starting_after|9223372036854775808",
                "starting_after|\"1000\""
            })
    void a_value_that_is_not_allowed_is_refused_with_what_is(String field, String bad) {
        var refusal = invalid(with(field, bad));
        assertEquals("invalid_value", refusal.code());
        assertEquals(field, refusal.param());
        assertTrue(refusal.message().startsWith(field + " must be "), refusal.message());
        assertTrue(refusal.message().endsWith("."), refusal.message());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "x",
                "{",
                "[]",
                "null",
                "1",
                "\"response.create\"",
                "{}",
                "{\"type\":\"response.create\"} {}",
                "{\"type\":\"response.cancel\",\"type\":\"response.create\"}",
                "{\"type\":\"response.create\"}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"temperature\":NaN}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"temperature\":Infinity}",
                "{'type':'response.cancel'}"
            })
    void what_is_no_event_is_refused_with_a_sentence(String frame) {
        assertTrue(
                invalid(frame).message().matches("(?s)[A-Za-z].* must be .*\\."),
                invalid(frame).message());
    }

    @Test
    void a_deeply_nested_frame_is_refused() {
        invalid("[".repeat(100_000));
    }

    @Test
    void random_damage_never_escapes_as_an_exception() {
        for (int seed = 0; seed < 20_000; seed++) {
            var random = new Random(seed);
            var frame = new StringBuilder(WHOLE);
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                frame.setCharAt(
                        random.nextInt(frame.length()), (char) random.nextInt(random.nextBoolean() ? 128 : 65536));
            }
            try {
                decoder.decode(frame.toString());
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + frame, e);
            }
        }
    }

    private Refusal invalid(String frame) {
        return assertInstanceOf(ClientEvent.Invalid.class, decoder.decode(frame), frame)
                .refusal();
    }

    private OptionalInt topLogprobs(String fields) {
        var event = decoder.decode("{\"type\":\"response.create\",\"input\":\"a\"" + fields + "}");
        return assertInstanceOf(ClientEvent.Create.class, event).request().topLogprobs();
    }

    private static String with(String field, String value) {
        var frame = RESUME.contains("\"" + field + "\":") && !WHOLE.contains("\"" + field + "\":") ? RESUME : WHOLE;
        var replaced = frame.replaceFirst("\"" + field + "\":" + VALUE, "\"" + field + "\":" + value);
        assertTrue(replaced.contains("\"" + field + "\":" + value), field);
        return replaced;
    }
}
