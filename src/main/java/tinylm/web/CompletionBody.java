package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A completion or a piece of one: OpenAI's `text_completion` object, and the seed.
///
/// @param created seconds since 1970
/// @param systemFingerprint where it is the same, the same request gives the same text
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record CompletionBody(
        String id,
        String object,
        long created,
        String model,
        List<Choice> choices,
        Optional<Usage> usage,
        long seed,
        String systemFingerprint) {

    /// @param finishReason stop or length; empty, told as null, as long as more comes
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Choice(String text, int index, Optional<Logprobs> logprobs, Optional<String> finishReason) {}

    /// One element for each character.
    ///
    /// @param topLogprobs the likeliest characters and the one that was drawn
    /// @param textOffset where a character is, counted in characters from the prompt's first
    @JsonNaming(SnakeCaseStrategy.class)
    record Logprobs(
            List<String> tokens,
            List<Double> tokenLogprobs,
            List<Map<String, Double>> topLogprobs,
            List<Integer> textOffset) {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Usage(int promptTokens, int completionTokens, int totalTokens) {

        static Usage of(ResponseBody.Usage usage) {
            return new Usage(usage.inputTokens(), usage.outputTokens(), usage.totalTokens());
        }
    }
}
