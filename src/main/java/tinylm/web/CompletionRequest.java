package tinylm.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tinylm.session.Refusal;
import tinylm.session.ResponseRequest;

/// A request of OpenAI's older completions API.
///
/// @param echo whether the text begins with the prompt
/// @param usage whether a stream ends with the numbers of tokens
record CompletionRequest(ResponseRequest response, boolean echo, boolean stream, boolean usage) {

    /// What the session calls otherwise.
    private static final Map<String, String> NAMES =
            Map.of("input", "prompt", "max_output_tokens", "max_tokens", "top_logprobs", "logprobs");

    static CompletionRequest read(JsonFields fields, RequestReader reader) throws RequestRefused {
        honourable(fields);
        var prompts = fields.texts("prompt");
        if (prompts.size() != 1) {
            throw new RequestRefused("prompt", "prompt must be there, as one string.");
        }
        var logprobs = fields.whole("logprobs", 0, RequestReader.MOST_LOGPROBS)
                .map(most -> OptionalInt.of(most.intValue()))
                .orElse(OptionalInt.empty());
        boolean echo = fields.flag("echo").orElse(false);
        if (echo && logprobs.isPresent()) {
            throw new RequestRefused(
                    "echo", "echo must be false when logprobs are asked for; a prompt gets none here.");
        }
        var request = new ResponseRequest(
                prompts.getFirst(),
                reader.parameters(fields, "max_tokens"),
                fields.texts("stop"),
                Optional.empty(),
                logprobs);
        return new CompletionRequest(request, echo, fields.flag("stream").orElse(false), includeUsage(fields));
    }

    /// A refusal of the session in the words of this API.
    static Refusal renamed(Refusal refusal) {
        var name = NAMES.getOrDefault(refusal.param(), refusal.param());
        var message = refusal.param().isEmpty()
                ? refusal.message()
                : refusal.message().replaceFirst("\\b" + refusal.param() + "\\b", name);
        return new Refusal(refusal.kind(), refusal.code(), message, name);
    }

    private static boolean includeUsage(JsonFields fields) throws RequestRefused {
        var options = fields.fields("stream_options");
        return options.isPresent() && options.get().flag("include_usage").orElse(false);
    }

    private static void honourable(JsonFields fields) throws RequestRefused {
        for (var name : List.of("n", "best_of")) {
            fields.mustBe(name, node -> is(node, 1), "1 (one request gives one completion)");
        }
        for (var name : List.of("presence_penalty", "frequency_penalty")) {
            fields.mustBe(name, node -> is(node, 0), "0 (repetition_penalty is there instead)");
        }
        fields.mustBe("logit_bias", node -> node.isObject() && node.isEmpty(), "an empty object (it is not applied)");
        fields.mustBe("suffix", node -> node.isTextual() && node.asText().isEmpty(), "empty (the model only goes on)");
    }

    private static boolean is(JsonNode node, int wanted) {
        return node.isNumber() && node.doubleValue() == wanted;
    }
}
