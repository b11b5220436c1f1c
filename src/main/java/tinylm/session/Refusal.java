package tinylm.session;

/// Why a request is not carried out.
///
/// @param code for programs, for example `unknown_characters`
/// @param message for people: a sentence that says what is wrong and what is allowed
/// @param param the field at fault; empty when it is none
public record Refusal(Kind kind, String code, String message, String param) {

    /// What would help.
    public enum Kind {
        /// another request
        INVALID,
        /// another name
        NOT_FOUND,
        /// waiting
        BUSY,
        /// another server
        UNAVAILABLE
    }

    /// The request itself is wrong.
    public static Refusal invalid(String code, String message, String param) {
        return new Refusal(Kind.INVALID, code, message, param);
    }
}
