package tinylm.session;

import java.util.Optional;

/// A visitor's wish to go on with a stream that was lost.
///
/// @param ticket what the stream's beginning gave
/// @param startingAfter number of the last event that arrived; from 1,000 on it counts characters
/// @param text the completion so far; with it the stream goes on at once, without it all is computed again
public record ResumeRequest(String ticket, long startingAfter, Optional<String> text) {}
