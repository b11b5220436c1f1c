package tinylm.session;

/// How much one visitor may ask for.
///
/// @param promptCharacters most characters in one request's input
/// @param outputTokens most tokens in one completion
/// @param textCharacters most characters in a text that was continued again and again
/// @param stops most stop strings in one request
/// @param stopCharacters most characters in each
public record Limits(int promptCharacters, int outputTokens, int textCharacters, int stops, int stopCharacters) {

    public Limits {
        if (Math.min(Math.min(promptCharacters, outputTokens), Math.min(textCharacters, stopCharacters)) < 1
                || stops < 0) {
            throw new IllegalArgumentException(
                    "limits must be at least 1 (stops: at least 0), but are " + promptCharacters + ", " + outputTokens
                            + ", " + textCharacters + ", " + stops + ", " + stopCharacters);
        }
    }
}
