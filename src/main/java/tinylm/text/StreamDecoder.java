package tinylm.text;

/// Turns one sequence's token ids into text as they come, never cutting a code point in two.
///
/// A token is a whole code point, so each id gives its text at once. That makes this a thin class; it stands so that
/// callers that stream would not change with a tokenizer whose tokens are parts of characters.
public final class StreamDecoder {

    private final CharTokenizer tokenizer;

    public StreamDecoder(CharTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /// The whole code points that this id completes: with one token per code point, exactly one.
    ///
    /// @throws IllegalArgumentException when the id is not in the vocabulary
    public String next(int tokenId) {
        return tokenizer.decode(tokenId);
    }
}
