package tinylm.web;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import tinylm.session.Refusal;

/// A frame to a client: OpenAI's streaming events of the Responses API.
sealed interface ServerEvent {

    String type();

    /// Place among the frames of one response, from 0.
    long sequenceNumber();

    @JsonNaming(SnakeCaseStrategy.class)
    record ResponseChanged(String type, long sequenceNumber, ResponseBody response) implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record TextDelta(String type, long sequenceNumber, String itemId, int outputIndex, int contentIndex, String delta)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record TextDone(String type, long sequenceNumber, String itemId, int outputIndex, int contentIndex, String text)
            implements ServerEvent {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Failure(String type, long sequenceNumber, Problem error) implements ServerEvent {}

    /// @param message a sentence for people
    /// @param param the field at fault; empty when it is none
    record Problem(String type, String code, String message, String param) {

        static Problem of(Refusal refusal) {
            return new Problem("invalid_request_error", refusal.code(), refusal.message(), refusal.param());
        }
    }
}
