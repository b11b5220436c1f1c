package tinylm.web;

/// Whose request it is, as far as the log may say.
///
/// @param address of the client's machine, or of the proxy before it
/// @param key name of the API key; `everybody` when none is needed
record Caller(String address, String key) {}
