package tinylm.session;

import java.time.Duration;
import tinylm.inference.FinishReason;

/// What becomes of a response: `Created`, any number of `Delta`s, then one `Ended` or one `Failed`. `Created` is
/// heard before [Session#create] returns, the rest on the engine thread, which must not be blocked.
public sealed interface ResponseEvent {

    record Created(String id, ResponseRequest request) implements ResponseEvent {}

    record Delta(String text) implements ResponseEvent {}

    /// @param text the whole completion
    /// @param inputTokens length of the prompt, previous text included
    /// @param cachedTokens how many of them were still in the KV cache
    /// @param outputTokens length of the completion
    /// @param duration from the request to the end
    record Ended(
            FinishReason reason, String text, int inputTokens, int cachedTokens, int outputTokens, Duration duration)
            implements ResponseEvent {}

    record Failed(String message) implements ResponseEvent {}
}
