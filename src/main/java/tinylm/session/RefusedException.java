package tinylm.session;

/// Carries a refusal from where it is found to whoever asked the [Session].
final class RefusedException extends Exception {

    private final transient Refusal refusal;

    RefusedException(String code, String message, String param) {
        this(Refusal.invalid(code, message, param));
    }

    RefusedException(Refusal refusal) {
        super(refusal.message());
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
