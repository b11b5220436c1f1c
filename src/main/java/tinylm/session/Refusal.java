package tinylm.session;

/// Why a request is not carried out.
///
/// @param code for programs, for example `unknown_characters`
/// @param message for people: a sentence that says what is wrong and what is allowed
/// @param param the field at fault
public record Refusal(String code, String message, String param) {}
