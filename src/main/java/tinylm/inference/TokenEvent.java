package tinylm.inference;

/// What becomes of a sequence: any number of tokens, then one `Finished` or one `Failed`. Listeners are called on the
/// engine thread and must not block it; one that throws ends its own sequence.
public sealed interface TokenEvent {

    /// @param index number of the token in the completion, from 0
    /// @param logprob by the model itself, before temperature and filters
    record Token(int id, int index, double logprob) implements TokenEvent {}

    /// @param promptTokens length of the prompt
    /// @param reusedTokens how many of them were still in the KV cache and cost nothing
    /// @param completionTokens how many `Token` events went before
    record Finished(FinishReason reason, int promptTokens, int reusedTokens, int completionTokens)
            implements TokenEvent {}

    /// @param message a sentence for the visitor
    record Failed(String message) implements TokenEvent {}
}
