package tinylm.session;

/// Carries a refusal from where it is found to [Session#create].
final class RefusedException extends Exception {

    private final transient Refusal refusal;

    RefusedException(String code, String message, String param) {
        super(message);
        this.refusal = new Refusal(code, message, param);
    }

    Refusal refusal() {
        return refusal;
    }
}
