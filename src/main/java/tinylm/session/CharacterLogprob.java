package tinylm.session;

import java.util.List;

/// How likely a character was, by the model itself: natural logarithms, before temperature and filters.
///
/// @param alternatives the likeliest characters in its place, likeliest first
public record CharacterLogprob(String character, double logprob, List<Alternative> alternatives) {

    public record Alternative(String character, double logprob) {}
}
