package tinylm.web;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tinylm.session.ResponseEvent;

/// A response as far as it is known: OpenAI's `response` object with our extra fields.
///
/// @param createdAt seconds since 1970
/// @param status in_progress, completed, incomplete, cancelled or failed
/// @param tokensPerSecond from the request to the end
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record ResponseBody(
        String id,
        String object,
        long createdAt,
        String status,
        String model,
        Optional<String> previousResponseId,
        long seed,
        int maxOutputTokens,
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        List<String> stop,
        Optional<Incomplete> incompleteDetails,
        Optional<Usage> usage,
        Optional<Double> tokensPerSecond,
        Optional<ServerEvent.Problem> error) {

    /// @param reason max_output_tokens or cancelled
    record Incomplete(String reason) {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Usage(int inputTokens, InputTokensDetails inputTokensDetails, int outputTokens, int totalTokens) {}

    /// @param cachedTokens how many were still in the KV cache
    @JsonNaming(SnakeCaseStrategy.class)
    record InputTokensDetails(int cachedTokens) {}

    static ResponseBody of(ResponseEvent.Created created, String model, Instant now) {
        var request = created.request();
        var parameters = request.parameters();
        return new ResponseBody(
                created.id(),
                "response",
                now.getEpochSecond(),
                "in_progress",
                model,
                request.previousResponseId(),
                parameters.seed(),
                parameters.maxTokens(),
                parameters.temperature(),
                parameters.topK(),
                parameters.topP(),
                parameters.minP(),
                parameters.repetitionPenalty(),
                request.stop(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    ResponseBody ended(ResponseEvent.Ended ended) {
        var usage = new Usage(
                ended.inputTokens(),
                new InputTokensDetails(ended.cachedTokens()),
                ended.outputTokens(),
                ended.inputTokens() + ended.outputTokens());
        double perSecond =
                ended.outputTokens() * 1e9 / Math.max(ended.duration().toNanos(), 1);
        var status = switch (ended.reason()) {
            case STOP -> "completed";
            case LENGTH -> "incomplete";
            case CANCELLED -> "cancelled";
        };
        Optional<Incomplete> incomplete = switch (ended.reason()) {
            case STOP -> Optional.empty();
            case LENGTH -> Optional.of(new Incomplete("max_output_tokens"));
            case CANCELLED -> Optional.of(new Incomplete("cancelled"));
        };
        return with(status, incomplete, Optional.of(usage), Optional.of(perSecond), Optional.empty());
    }

    ResponseBody failed(String message) {
        var problem = new ServerEvent.Problem("server_error", "server_error", message, "");
        return with("failed", Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(problem));
    }

    /// The one item that a response of ours has.
    @JsonIgnore
    String itemId() {
        return id.replaceFirst("^resp_", "msg_");
    }

    private ResponseBody with(
            String newStatus,
            Optional<Incomplete> incomplete,
            Optional<Usage> newUsage,
            Optional<Double> perSecond,
            Optional<ServerEvent.Problem> problem) {
        return new ResponseBody(
                id,
                object,
                createdAt,
                newStatus,
                model,
                previousResponseId,
                seed,
                maxOutputTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                stop,
                incomplete,
                newUsage,
                perSecond,
                problem);
    }
}
