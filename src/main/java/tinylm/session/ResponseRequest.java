package tinylm.session;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tinylm.inference.SamplingParameters;

/// A visitor's wish for a completion.
///
/// @param input text to go on from; may be empty when a previous response is continued
/// @param stop strings that end the completion and are not part of it
/// @param previousResponseId the response whose text this one goes on with
/// @param topLogprobs absent: no probabilities are wanted; else how many alternatives to name beside each character
public record ResponseRequest(
        String input,
        SamplingParameters parameters,
        List<String> stop,
        Optional<String> previousResponseId,
        OptionalInt topLogprobs) {

    public ResponseRequest {
        stop = List.copyOf(stop);
    }
}
