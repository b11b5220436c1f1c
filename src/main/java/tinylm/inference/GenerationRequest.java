package tinylm.inference;

import java.util.List;
import java.util.Objects;

/// One completion to compute. The arrays are the request's own from here on.
///
/// @param prompt token ids, at least one
/// @param continued how many tokens at the prompt's start belong to the text that the lease's slot may still hold:
///     those found there are not computed again. 0 for a new text, whose completion then depends on this request
///     alone.
/// @param stop token sequences that end the completion and are not part of it
/// @param lease whose slot to use; at most one sequence at a time
public record GenerationRequest(
        int[] prompt, int continued, List<int[]> stop, SamplingParameters parameters, Lease lease) {

    public GenerationRequest {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("the prompt must have at least one token");
        }
        if (continued < 0 || continued > prompt.length) {
            throw new IllegalArgumentException(
                    "continued must be between 0 and the prompt's " + prompt.length + " tokens, but is " + continued);
        }
        stop = List.copyOf(stop);
        for (int[] ids : stop) {
            if (ids.length == 0) {
                throw new IllegalArgumentException("a stop sequence must have at least one token");
            }
        }
        Objects.requireNonNull(parameters);
        Objects.requireNonNull(lease);
    }

    public static GenerationRequest ofNewText(int[] prompt, SamplingParameters parameters) {
        return new GenerationRequest(prompt, 0, List.of(), parameters, new Lease());
    }
}
