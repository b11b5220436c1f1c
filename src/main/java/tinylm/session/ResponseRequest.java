package tinylm.session;

import java.util.List;
import java.util.Optional;
import tinylm.inference.SamplingParameters;

/// A visitor's wish for a completion.
///
/// @param input text to go on from; may be empty when a previous response is continued
/// @param stop strings that end the completion and are not part of it
/// @param previousResponseId the response whose text this one goes on with
public record ResponseRequest(
        String input, SamplingParameters parameters, List<String> stop, Optional<String> previousResponseId) {

    public ResponseRequest {
        stop = List.copyOf(stop);
    }
}
