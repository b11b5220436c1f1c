package tinylm.inference;

import java.util.ArrayList;
import java.util.List;

/// Holds back tokens that may be the beginning of a stop sequence, so that no part of the one that is met is
/// published. Where several are met at once the first counts.
final class StopSequences {

    private final List<int[]> stops;
    private final ArrayList<TokenEvent.Token> held = new ArrayList<>();

    StopSequences(List<int[]> stops) {
        this.stops = stops;
    }

    /// What a token leads to.
    sealed interface Outcome {
        /// These can be published; the completion goes on.
        record Release(List<TokenEvent.Token> tokens) implements Outcome {}

        /// A stop sequence is complete; these are the last tokens before it.
        record Met(List<TokenEvent.Token> tokens) implements Outcome {}
    }

    Outcome offer(TokenEvent.Token token) {
        held.add(token);
        for (int[] stop : stops) {
            if (endsWithFirst(stop.length, stop)) {
                var before = take(held.size() - stop.length);
                held.clear();
                return new Outcome.Met(before);
            }
        }
        return new Outcome.Release(take(held.size() - longestBeginning()));
    }

    /// The tokens held back, once it is known that no stop sequence will come.
    List<TokenEvent.Token> flush() {
        return take(held.size());
    }

    private int longestBeginning() {
        int longest = 0;
        for (int[] stop : stops) {
            for (int length = stop.length - 1; length > longest; length--) {
                if (endsWithFirst(length, stop)) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private boolean endsWithFirst(int length, int[] stop) {
        int from = held.size() - length;
        if (from < 0) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (held.get(from + i).id() != stop[i]) {
                return false;
            }
        }
        return true;
    }

    private List<TokenEvent.Token> take(int count) {
        var first = held.subList(0, count);
        var taken = List.copyOf(first);
        first.clear();
        return taken;
    }
}
