package tinylm.session;

/// How much one visitor may ask for.
///
/// @param promptCharacters most characters in one request's input
/// @param outputTokens most tokens in one completion
/// @param stops most stop strings in one request
/// @param stopCharacters most characters in each
public record Limits(int promptCharacters, int outputTokens, int stops, int stopCharacters) {

    /// Most alternatives beside a character, as in OpenAI's API.
    static final int TOP_LOGPROBS = 20;

    public Limits {
        if (Math.min(Math.min(promptCharacters, outputTokens), stopCharacters) < 1 || stops < 0) {
            throw new IllegalArgumentException("limits must be at least 1 (stops: at least 0), but are "
                    + promptCharacters + ", " + outputTokens + ", " + stops + ", " + stopCharacters);
        }
    }
}
