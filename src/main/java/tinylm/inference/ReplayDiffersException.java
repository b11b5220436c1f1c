package tinylm.inference;

/// A token that was to be replayed is not the one that is drawn here.
final class ReplayDiffersException extends RuntimeException {

    /// @param index of the token in the completion, from 0
    ReplayDiffersException(int index) {
        super("character " + (index + 1) + " is not what this completion has there");
    }
}
