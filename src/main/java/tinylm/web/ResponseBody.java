package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tinylm.session.ResponseEvent;
import tinylm.session.ResponseRequest;

/// A response as far as it is known: OpenAI's `response` object with our extra fields.
///
/// @param createdAt seconds since 1970
/// @param status queued, in_progress, completed, incomplete, cancelled or failed
/// @param output one message once there is text, for a response of ours has no more
/// @param tokensPerSecond from the request to the end
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record ResponseBody(
        String id,
        String object,
        long createdAt,
        String status,
        String model,
        List<Message> output,
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
    record Usage(
            int inputTokens,
            InputTokensDetails inputTokensDetails,
            int outputTokens,
            OutputTokensDetails outputTokensDetails,
            int totalTokens) {}

    /// @param cachedTokens how many were still in the KV cache
    @JsonNaming(SnakeCaseStrategy.class)
    record InputTokensDetails(int cachedTokens) {

        /// None: what a session caches it caches unasked, for nothing.
        @JsonProperty
        int cacheWriteTokens() {
            return 0;
        }
    }

    /// @param reasoningTokens none, as the model only writes
    @JsonNaming(SnakeCaseStrategy.class)
    record OutputTokensDetails(int reasoningTokens) {}

    record Message(String id, String type, String status, String role, List<OutputText> content) {}

    record OutputText(String type, String text, List<String> annotations, List<Logprob> logprobs) {

        static OutputText of(String text) {
            return new OutputText("output_text", text, List.of(), List.of());
        }
    }

    /// One character's probability; unlike a delta's it has the character in UTF-8 too.
    @JsonNaming(SnakeCaseStrategy.class)
    record Logprob(String token, List<Integer> bytes, double logprob, List<TopLogprob> topLogprobs) {

        static Logprob of(ServerEvent.Logprob delta) {
            return new Logprob(
                    delta.token(),
                    utf8(delta.token()),
                    delta.logprob(),
                    delta.topLogprobs().stream()
                            .map(other -> new TopLogprob(other.token(), utf8(other.token()), other.logprob()))
                            .toList());
        }

        private static List<Integer> utf8(String character) {
            var bytes = new ArrayList<Integer>();
            for (byte one : character.getBytes(StandardCharsets.UTF_8)) {
                bytes.add(Byte.toUnsignedInt(one));
            }
            return bytes;
        }
    }

    record TopLogprob(String token, List<Integer> bytes, double logprob) {}

    static ResponseBody of(String id, Instant at, String model, ResponseRequest request) {
        var parameters = request.parameters();
        return new ResponseBody(
                id,
                "response",
                at.getEpochSecond(),
                "in_progress",
                model,
                List.of(),
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

    ResponseBody queued() {
        return with("queued", output, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /// @param received how many of its characters had been sent before a stream was resumed
    ResponseBody ended(ResponseEvent.Ended ended, int received) {
        var usage = new Usage(
                ended.inputTokens(),
                new InputTokensDetails(ended.cachedTokens()),
                ended.outputTokens(),
                new OutputTokensDetails(0),
                ended.inputTokens() + ended.outputTokens());
        double perSecond = Math.max(ended.outputTokens() - received, 0)
                * 1e9
                / Math.max(ended.duration().toNanos(), 1);
        var newStatus = switch (ended.reason()) {
            case STOP -> "completed";
            case LENGTH -> "incomplete";
            case CANCELLED -> "cancelled";
        };
        Optional<Incomplete> incomplete = switch (ended.reason()) {
            case STOP -> Optional.empty();
            case LENGTH -> Optional.of(new Incomplete("max_output_tokens"));
            case CANCELLED -> Optional.of(new Incomplete("cancelled"));
        };
        var message = message(newStatus.equals("completed") ? "completed" : "incomplete", ended.text());
        return with(
                newStatus, List.of(message), incomplete, Optional.of(usage), Optional.of(perSecond), Optional.empty());
    }

    /// The same with the probabilities of its text, which its events leave to the deltas.
    ResponseBody with(List<ServerEvent.Logprob> logprobs) {
        var message = output.getFirst();
        var whole = logprobs.stream().map(Logprob::of).toList();
        var part = new OutputText("output_text", text(), List.of(), whole);
        var told = new Message(message.id(), message.type(), message.status(), message.role(), List.of(part));
        return with(status, List.of(told), incompleteDetails, usage, tokensPerSecond, error);
    }

    /// OpenAI's schema has them in every response.
    @JsonProperty
    List<String> tools() {
        return List.of();
    }

    @JsonProperty
    String toolChoice() {
        return "none";
    }

    @JsonProperty
    boolean parallelToolCalls() {
        return false;
    }

    /// The completion, once the response has ended.
    String text() {
        return output.getFirst().content().getFirst().text();
    }

    ResponseBody failed(ResponseEvent.Failed failed) {
        var type = failed.isRequestsFault() ? "invalid_request_error" : "server_error";
        var problem = new ServerEvent.Problem(type, failed.code(), failed.message(), "");
        return with("failed", output, Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(problem));
    }

    /// The one item of a response of ours.
    Message message(String itsStatus, String text) {
        return new Message(itemId(), "message", itsStatus, "assistant", List.of(OutputText.of(text)));
    }

    /// The same before there is any text.
    Message emptyMessage() {
        return new Message(itemId(), "message", "in_progress", "assistant", List.of());
    }

    private String itemId() {
        return id.replaceFirst("^resp_", "msg_");
    }

    private ResponseBody with(
            String newStatus,
            List<Message> newOutput,
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
                newOutput,
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
