package tinylm.web;

import tinylm.session.Refusal;

/// Carries why a client's request is not carried out from where that is found to who answers.
final class RequestRefused extends Exception {

    private final transient Refusal refusal;

    RequestRefused(Refusal refusal) {
        super(refusal.message());
        this.refusal = refusal;
    }

    /// @param field the field at fault; empty when it is the message as a whole
    /// @param sentence for people: what is wrong and what is allowed
    RequestRefused(String field, String sentence) {
        this(new Refusal(Refusal.Kind.INVALID, "invalid_value", sentence, field));
    }

    Refusal refusal() {
        return refusal;
    }
}
