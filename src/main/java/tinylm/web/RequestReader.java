package tinylm.web;

import com.fasterxml.jackson.databind.node.BooleanNode;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import tinylm.inference.SamplingParameters;
import tinylm.session.ResponseRequest;
import tinylm.session.ResumeRequest;

/// Reads what a client of OpenAI's Responses API asks for, over the socket and over HTTP alike. What OpenAI knows
/// and this server cannot do is refused, lest somebody take a completion for what it is not.
final class RequestReader {

    /// The largest integer that JavaScript represents exactly, so a seed comes back as it was sent.
    static final long LARGEST_SEED = (1L << 53) - 1;

    static final int MOST_LOGPROBS = 20;

    private static final String LOGPROBS = "message.output_text.logprobs";

    private final LongSupplier seeds;

    /// @param seeds chooses a seed, 0 to 2^53 - 1, for a request that has none
    RequestReader(LongSupplier seeds) {
        this.seeds = seeds;
    }

    RequestReader() {
        this(() -> ThreadLocalRandom.current().nextLong(LARGEST_SEED + 1));
    }

    ResponseRequest response(JsonFields fields) throws RequestRefused {
        honourable(fields);
        return new ResponseRequest(
                fields.required("input", fields.text("input")),
                parameters(fields, "max_output_tokens"),
                fields.texts("stop"),
                fields.text("previous_response_id"),
                topLogprobs(fields));
    }

    ResumeRequest resume(JsonFields fields) throws RequestRefused {
        return new ResumeRequest(
                fields.required("ticket", fields.text("ticket")),
                fields.required("starting_after", fields.whole("starting_after", 0, Long.MAX_VALUE)),
                fields.text("text"));
    }

    /// @param maxTokens the field's name
    SamplingParameters parameters(JsonFields fields, String maxTokens) throws RequestRefused {
        var seed = fields.whole("seed", 0, LARGEST_SEED).orElseGet(seeds::getAsLong);
        var defaults = SamplingParameters.defaults(seed);
        try {
            return new SamplingParameters(
                    fields.number("temperature").orElse(defaults.temperature()),
                    fields.integer("top_k").orElse(defaults.topK()),
                    fields.number("top_p").orElse(defaults.topP()),
                    fields.number("min_p").orElse(defaults.minP()),
                    fields.number("repetition_penalty").orElse(defaults.repetitionPenalty()),
                    seed,
                    fields.whole(maxTokens, 1, Integer.MAX_VALUE)
                            .map(Long::intValue)
                            .orElse(defaults.maxTokens()));
        } catch (SamplingParameters.OutOfRange e) {
            throw new RequestRefused(e.parameter(), e.getMessage() + ".");
        }
    }

    private static OptionalInt topLogprobs(JsonFields fields) throws RequestRefused {
        var included = fields.texts("include");
        if (!Set.of(LOGPROBS).containsAll(included)) {
            throw new RequestRefused("include", "include must be absent or [\"" + LOGPROBS + "\"].");
        }
        var top = fields.whole("top_logprobs", 0, MOST_LOGPROBS);
        return top.isEmpty() && included.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(top.orElse(0L).intValue());
    }

    private static void honourable(JsonFields fields) throws RequestRefused {
        fields.mustBe("background", BooleanNode.FALSE::equals, "false (the text comes as you wait)");
        fields.mustBe("conversation", node -> false, "absent (previous_response_id goes on within a connection)");
        fields.mustBe("generate", BooleanNode.TRUE::equals, "true");
        fields.mustBe("instructions", node -> false, "absent (the model goes on from input, and follows nothing)");
        fields.mustBe("prompt", node -> false, "absent (templates are not kept here; send the text as input)");
        fields.mustBe("reasoning", node -> node.isObject() && node.isEmpty(), "absent (the model does not reason)");
        fields.mustBe("store", BooleanNode.FALSE::equals, "false (nothing is stored; a ticket resumes a stream)");
        fields.mustBe(
                "text",
                node -> node.isObject()
                        && node.at("/format/type").asText("text").equals("text"),
                "absent or of the format text");
        fields.mustBe("tool_choice", node -> Set.of("auto", "none").contains(node.asText()), "none");
        fields.mustBe("tools", node -> node.isArray() && node.isEmpty(), "an empty list (the model calls no tools)");
    }
}
