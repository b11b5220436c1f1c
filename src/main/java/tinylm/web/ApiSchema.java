package tinylm.web;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/// What the API's description says of requests and errors. Nothing is bound to these records: requests are read by
/// [JsonFields], more strictly than binding can, and a test holds the defaults told here against those taken.
final class ApiSchema {

    private static final String STREAM = "Server-sent events instead of one answer at the end";
    private static final String SEED = "The same request with the same seed gives the same text, to the last bit; when"
            + " absent one is chosen and told in the answer";
    private static final String MODEL = "The model's name or absent; another is answered by 404";
    private static final String TEMPERATURE = "0 always takes the likeliest character. Not OpenAI's default";
    private static final String TOP_K = "Extension: only the so many likeliest characters; 0 keeps all";
    private static final String MIN_P = "Extension: only characters at least this fraction as likely as the likeliest";
    private static final String REPETITION = "Extension: above 1 characters that occurred are less likely; 1 is off";
    private static final String STOP = "A string or up to four that end the text and are not part of it";
    private static final String MOST_SEED = "9007199254740991";

    private ApiSchema() {}

    @Schema(name = "CompletionRequest")
    @JsonNaming(SnakeCaseStrategy.class)
    record Completion(
            @Schema(required = true, description = "The text to go on from, in the characters of the model's alphabet")
            String prompt,

            @Schema(description = MODEL) String model,

            @Schema(minimum = "1", maximum = "10000", defaultValue = "500", description = "Characters, not OpenAI's 16")
            int maxTokens,

            @Schema(minimum = "0", maximum = "2", defaultValue = "0.8", description = TEMPERATURE)
            double temperature,

            @Schema(minimum = "0", exclusiveMinimum = true, maximum = "1", defaultValue = "0.9")
            double topP,

            @Schema(minimum = "0", defaultValue = "40", description = TOP_K)
            int topK,

            @Schema(minimum = "0", maximum = "1", exclusiveMaximum = true, defaultValue = "0", description = MIN_P)
            double minP,

            @Schema(minimum = "0.1", maximum = "10", defaultValue = "1", description = REPETITION)
            double repetitionPenalty,

            @Schema(minimum = "0", maximum = MOST_SEED, description = SEED)
            long seed,

            @Schema(description = STOP) List<String> stop,

            @Schema(
                    minimum = "0",
                    maximum = "20",
                    description = "Tells for each character how likely it was, and so many others; text_offset counts"
                            + " from the prompt's first character")
            int logprobs,

            @Schema(defaultValue = "false", description = "Begin with the prompt; not together with logprobs")
            boolean echo,

            @Schema(minimum = "1", maximum = "1", defaultValue = "1")
            int n,

            @Schema(defaultValue = "false", description = STREAM)
            boolean stream,

            @Schema(description = "With a stream") StreamOptions streamOptions) {}

    @Schema(name = "StreamOptions")
    @JsonNaming(SnakeCaseStrategy.class)
    record StreamOptions(
            @Schema(defaultValue = "false", description = "End with the numbers of characters")
            boolean includeUsage) {}

    @Schema(name = "ResponseRequest")
    @JsonNaming(SnakeCaseStrategy.class)
    record Response(
            @Schema(required = true, description = "The text to go on from, in the characters of the model's alphabet")
            String input,

            @Schema(description = MODEL) String model,

            @Schema(minimum = "1", maximum = "10000", defaultValue = "500")
            int maxOutputTokens,

            @Schema(minimum = "0", maximum = "2", defaultValue = "0.8", description = TEMPERATURE)
            double temperature,

            @Schema(minimum = "0", exclusiveMinimum = true, maximum = "1", defaultValue = "0.9")
            double topP,

            @Schema(minimum = "0", defaultValue = "40", description = TOP_K)
            int topK,

            @Schema(minimum = "0", maximum = "1", exclusiveMaximum = true, defaultValue = "0", description = MIN_P)
            double minP,

            @Schema(minimum = "0.1", maximum = "10", defaultValue = "1", description = REPETITION)
            double repetitionPenalty,

            @Schema(minimum = "0", maximum = MOST_SEED, description = SEED)
            long seed,

            @Schema(description = STOP) List<String> stop,

            @Schema(minimum = "0", maximum = "20", description = "Tells for each character so many alternatives")
            int topLogprobs,

            @Schema(description = "[\"message.output_text.logprobs\"] tells how likely each character was")
            List<String> include,

            @Schema(defaultValue = "false", description = STREAM)
            boolean stream) {}

    @Schema(name = "Error")
    record Failure(Error error) {}

    @Schema(name = "ErrorDetails")
    record Error(
            String type,
            String code,

            @Schema(description = "A sentence that says what is wrong and what is allowed")
            String message,

            @Schema(description = "The field at fault, or null")
            String param) {}
}
