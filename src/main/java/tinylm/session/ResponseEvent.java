package tinylm.session;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import tinylm.checkpoint.Checkpoint;
import tinylm.inference.FinishReason;

/// What becomes of a response: `Created` or `Resumed`, heard before [Session#create] or [Session#resume] returns;
/// then, on the engine thread, which must not be blocked, its place in the queue while there is one, `Started`, any
/// number of `Delta`s, and one `Ended` or one `Failed`.
public sealed interface ResponseEvent {

    /// Number of the event that brings the first character, less one: event 1,000 + n is the one after which n
    /// characters have arrived. Numbers below are free for what comes before the text.
    long TEXT = 1_000;

    /// How many events follow the last character.
    int AFTER_TEXT = 4;

    /// @param model the checkpoint that answers
    /// @param ticket with which the stream can be resumed on any server that has the key and the checkpoint
    record Created(String id, Instant at, Checkpoint model, ResponseRequest request, String ticket)
            implements ResponseEvent {}

    /// @param startingAfter number of the last event that arrived
    /// @param characters how many characters of the completion arrived, and will not be heard of again
    record Resumed(String id, Instant at, Checkpoint model, ResponseRequest request, long startingAfter, int characters)
            implements ResponseEvent {}

    /// @param place 1 is the next to start
    record Queued(int place) implements ResponseEvent {}

    record Started() implements ResponseEvent {}

    /// @param logprobs one for each character, when wanted
    record Delta(String text, List<CharacterLogprob> logprobs) implements ResponseEvent {}

    /// @param text the whole completion
    /// @param inputTokens length of the prompt, previous text included
    /// @param cachedTokens how many of them were still in the KV cache
    /// @param outputTokens length of the completion
    /// @param duration from the request to the end
    record Ended(
            FinishReason reason, String text, int inputTokens, int cachedTokens, int outputTokens, Duration duration)
            implements ResponseEvent {}

    /// @param code for programs: server_error, shutting_down or text_mismatch
    record Failed(String code, String message) implements ResponseEvent {

        /// Whether the request is to blame, and asking again would not help.
        public boolean isRequestsFault() {
            return code.equals("text_mismatch");
        }
    }
}
