package tinylm.inference;

import java.util.List;
import java.util.Objects;

/// One completion to compute. The arrays are the request's own from here on.
///
/// @param text what to go on from, at least one token
/// @param stop token sequences that end the completion and are not part of it
/// @param alternatives how many of the likeliest tokens to name beside each drawn one
/// @param replay beginning of the completion that is known already, because it was drawn elsewhere: it is fed, not
///     drawn, and not published; where the model would have drawn something else, the sequence fails
/// @param lease whose slot to use; at most one sequence at a time
public record GenerationRequest(
        Text text, List<int[]> stop, SamplingParameters parameters, int alternatives, int[] replay, Lease lease) {

    public GenerationRequest {
        if (text.length() == 0) {
            throw new IllegalArgumentException("the prompt must have at least one token");
        }
        stop = List.copyOf(stop);
        for (int[] ids : stop) {
            if (ids.length == 0) {
                throw new IllegalArgumentException("a stop sequence must have at least one token");
            }
        }
        if (alternatives < 0) {
            throw new IllegalArgumentException("alternatives must be at least 0, but is " + alternatives);
        }
        Objects.requireNonNull(parameters);
        if (replay.length >= parameters.maxTokens()) {
            throw new IllegalArgumentException("replay must be shorter than the completion's " + parameters.maxTokens()
                    + " tokens, but has " + replay.length);
        }
        Objects.requireNonNull(lease);
    }

    /// A completion of a new text, by itself.
    public static GenerationRequest of(int[] prompt, SamplingParameters parameters) {
        return new GenerationRequest(Text.EMPTY.withPrompt(prompt), List.of(), parameters, 0, new int[0], new Lease());
    }
}
