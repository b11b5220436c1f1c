package tinylm.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tinylm.fuzz.Fuzz;

/// Frames come from strangers: each is understood or refused with a sentence.
class ClientEventFuzzTest {

    private static final List<byte[]> VALID =
            Stream.of("""
                    {"type":"response.create","input":"Once upon a time","max_output_tokens":200,"temperature":0.8,\
                    "top_k":40,"top_p":0.9,"min_p":0.05,"repetition_penalty":1.1,"seed":7,"stop":["\\n","end"],\
                    "include":["message.output_text.logprobs"],"top_logprobs":5,"previous_response_id":"resp_1"}""", """
                    {"type":"response.create","input":"a","background":false,"conversation":null,"generate":true,\
                    "instructions":null,"prompt":null,"reasoning":{},"store":false,"stop":"x",\
                    "text":{"format":{"type":"text"}},"tool_choice":"none","tools":[]}""", """
                    {"type":"response.resume","ticket":"e30.AAAA","starting_after":1005,"text":"abcde"}""", """
                    {"type":"response.cancel","response_id":"resp_1"}""").map(text -> text.getBytes(UTF_8)).toList();

    private final ClientEventDecoder decoder = new ClientEventDecoder(new RequestReader(() -> 7));
    private final ObjectMapper json = new ObjectMapper();

    @Test
    void a_frame_is_understood_or_refused_in_a_sentence_that_can_be_sent() throws Exception {
        Fuzz.run("client event", VALID, new Fuzz.Cap(500_000, 60), input -> {
            if (decoder.decode(new String(input, UTF_8)) instanceof ClientEvent.Invalid(var refusal)) {
                var sentence = refusal.message();
                assertTrue(sentence.endsWith(".") && sentence.length() < 400, sentence);
                json.writeValueAsBytes(refusal);
            }
        });
    }

    @Test
    void a_body_over_http_is_understood_or_refused_in_a_sentence_that_can_be_sent() throws Exception {
        var reader = new RequestReader(() -> 7);
        var valid = """
                {"model":"tinylm","prompt":["Once"],"max_tokens":20,"temperature":0,"top_p":1,"stop":["x"],"seed":7,\
                "logprobs":5,"n":1,"best_of":1,"echo":false,"presence_penalty":0,"frequency_penalty":0,"logit_bias":{},\
                "suffix":"","stream":true,"stream_options":{"include_usage":true},"user":"me"}""";
        Fuzz.run("completion", List.of(valid.getBytes(UTF_8)), new Fuzz.Cap(500_000, 60), input -> {
            try {
                CompletionRequest.read(JsonFields.parse(new String(input, UTF_8)), reader);
            } catch (RequestRefused e) {
                var refusal = CompletionRequest.renamed(e.refusal());
                assertTrue(refusal.message().endsWith(".") && refusal.message().length() < 400, refusal.message());
                json.writeValueAsBytes(refusal);
            }
        });
    }
}
