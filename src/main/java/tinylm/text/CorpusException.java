package tinylm.text;

/// A corpus cannot be had or used; the message is a sentence that says why and what to do.
public final class CorpusException extends RuntimeException {

    public CorpusException(String message) {
        super(message);
    }

    public CorpusException(String message, Throwable cause) {
        super(message, cause);
    }
}
