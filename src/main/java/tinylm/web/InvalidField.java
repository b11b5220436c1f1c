package tinylm.web;

import tinylm.session.Refusal;

/// Carries what is wrong with a client's request from where it is found to who answers.
final class InvalidField extends Exception {

    private final String field;

    /// @param field the field at fault; empty when it is the message as a whole
    /// @param sentence for people: what is wrong and what is allowed
    InvalidField(String field, String sentence) {
        super(sentence);
        this.field = field;
    }

    Refusal refusal() {
        return new Refusal(Refusal.Kind.INVALID, "invalid_value", getMessage(), field);
    }
}
