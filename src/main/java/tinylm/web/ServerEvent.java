package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tinylm.session.CharacterLogprob;
import tinylm.session.Refusal;

/// A frame to a client: OpenAI's streaming events of the Responses API.
sealed interface ServerEvent {

    String type();

    /// Place among the frames of one response: from 0 before the text, 1,000 + n once n characters have been sent.
    long sequenceNumber();

    /// @param ticket our addition: with it the stream can be resumed
    /// @param queuePosition our addition: 1 is the next to start
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record ResponseChanged(
            String type, long sequenceNumber, ResponseBody response, Optional<String> ticket, OptionalInt queuePosition)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record ItemChanged(String type, long sequenceNumber, int outputIndex, ResponseBody.Message item)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record PartChanged(
            String type,
            long sequenceNumber,
            String itemId,
            int outputIndex,
            int contentIndex,
            ResponseBody.OutputText part)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record TextDelta(
            String type,
            long sequenceNumber,
            String itemId,
            int outputIndex,
            int contentIndex,
            String delta,
            List<Logprob> logprobs)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record TextDone(
            String type,
            long sequenceNumber,
            String itemId,
            int outputIndex,
            int contentIndex,
            String text,
            List<Logprob> logprobs)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Failure(String type, long sequenceNumber, Problem error) implements ServerEvent {}

    /// One character's, and those of what could have stood in its place.
    @JsonNaming(SnakeCaseStrategy.class)
    record Logprob(String token, double logprob, List<TopLogprob> topLogprobs) {

        static Logprob of(CharacterLogprob character) {
            return new Logprob(
                    character.character(),
                    character.logprob(),
                    character.alternatives().stream()
                            .map(other -> new TopLogprob(other.character(), other.logprob()))
                            .toList());
        }
    }

    record TopLogprob(String token, double logprob) {}

    /// @param message a sentence for people
    /// @param param the field at fault; null when it is none
    record Problem(String type, String code, String message, String param) {

        static Problem of(Refusal refusal) {
            var type = switch (refusal.kind()) {
                case INVALID, NOT_FOUND -> "invalid_request_error";
                case BUSY -> "rate_limit_error";
                case UNAVAILABLE -> "server_error";
            };
            return new Problem(
                    type, refusal.code(), refusal.message(), refusal.param().isEmpty() ? null : refusal.param());
        }
    }
}
