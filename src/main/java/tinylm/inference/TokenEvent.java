package tinylm.inference;

import java.util.List;

/// What becomes of a sequence: `Accepted`, on the thread that asked; its place in the queue while all slots are
/// taken; `Started`; any number of tokens; and one `Finished` or one `Failed`, which may also come earlier. All but
/// the first are heard on the engine thread, which a listener must not block; one that throws ends its own
/// sequence.
public sealed interface TokenEvent {

    record Accepted() implements TokenEvent {}

    /// @param place 1 is the next to start
    record Waiting(int place) implements TokenEvent {}

    record Started() implements TokenEvent {}

    /// @param index number of the token in the completion, from 0
    /// @param logprob by the model itself, before temperature and filters
    /// @param alternatives the likeliest tokens by the model itself, likeliest first, as many as were asked for
    record Token(int id, int index, double logprob, List<Alternative> alternatives) implements TokenEvent {}

    record Alternative(int id, double logprob) {}

    /// @param promptTokens length of the text before the completion
    /// @param reusedTokens how many of those in view were still in the KV cache and cost nothing
    /// @param completionTokens length of the completion, replayed ones included
    record Finished(FinishReason reason, int promptTokens, int reusedTokens, int completionTokens)
            implements TokenEvent {}

    /// @param message a sentence for the visitor
    record Failed(Cause cause, String message) implements TokenEvent {}

    /// Why a sequence could not go on.
    enum Cause {
        /// the model or a listener failed
        BROKEN,
        /// the engine ends
        SHUTDOWN,
        /// what was to be replayed is not what the model draws
        REPLAY_DIFFERS
    }
}
