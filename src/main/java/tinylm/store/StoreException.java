package tinylm.store;

/// The store could not be reached, or refused. Its message is a sentence for people.
public final class StoreException extends RuntimeException {

    StoreException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
