package tinylm.runs;

/// What was asked of a run cannot be done; the message is a sentence for whoever asked.
public final class RunRefused extends RuntimeException {

    public enum Kind {
        /// A value is wrong.
        INVALID,
        NOT_FOUND,
        CORPUS_NOT_FOUND,
        /// More bytes than may be uploaded.
        TOO_LARGE,
        /// It is a schedule that is not there.
        NO_SCHEDULE,
        /// The run's state does not allow it.
        CONFLICT,
        /// The worker that asks has lost the run to another.
        LEASE_LOST
    }

    private final Kind kind;
    private final String param;

    /// @param param the field at fault; empty if it is none
    RunRefused(Kind kind, String param, String message) {
        super(message, null, false, false);
        this.kind = kind;
        this.param = param;
    }

    static RunRefused invalid(String param, String message) {
        return new RunRefused(Kind.INVALID, param, message);
    }

    static RunRefused conflict(String message) {
        return new RunRefused(Kind.CONFLICT, "", message);
    }

    public Kind kind() {
        return kind;
    }

    public String param() {
        return param;
    }
}
