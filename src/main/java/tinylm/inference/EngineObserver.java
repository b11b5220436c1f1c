package tinylm.inference;

import java.time.Duration;

/// Hears how the engine fares. Called on the engine thread; must neither block nor throw.
public interface EngineObserver {

    EngineObserver NONE = new EngineObserver() {};

    /// After each step that computed something.
    default void stepped(StepReport report) {}

    /// The first token of a sequence was drawn.
    default void firstToken(Duration sinceSubmitted) {}

    /// A further token of a sequence was drawn.
    default void nextToken(Duration sincePrevious) {}

    /// Tokens were drawn for a sequence that nobody wants any more.
    default void wasted(int tokens) {}

    /// A sequence ended well, or was cancelled.
    default void ended(FinishReason reason) {}

    /// A sequence could not go on.
    default void failed(TokenEvent.Cause cause) {}

    /// What one step did.
    ///
    /// @param decodedRows sequences in the decode batch
    /// @param prefilledTokens tokens fed by prefills
    /// @param drawnTokens tokens chosen
    /// @param prefill time of all prefills, of all threads together
    /// @param decode time of the decode, of all threads together
    record StepReport(int decodedRows, int prefilledTokens, int drawnTokens, Duration prefill, Duration decode) {}
}
