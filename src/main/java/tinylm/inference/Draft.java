package tinylm.inference;

import java.util.Arrays;

/// Guesses the tokens that a model draws next, from those that it drew before: after the same one to five tokens, what
/// came most often. The guesses are fed along with the token that they follow and are kept where the model draws the
/// same (speculative decoding, Leviathan et al. 2023; by n-grams, Saxena 2023), so that they change nothing but the
/// time.
///
/// What is guessed must come cheaply: tables are indexed by a hash of the tokens, and what collides is guessed wrongly.
final class Draft {

    private static final int MOST = 5;
    private static final int BITS = 18;

    private static final int VOTE_BITS = 10;
    private static final int MOST_VOTES = (1 << VOTE_BITS) - 1;

    /// By number of tokens before, less 1, and hash: the token that leads, above [#VOTE_BITS] for the number of votes
    /// by which it does (Boyer and Moore 1981).
    private final int[][] leads = new int[MOST][1 << BITS];

    /// Learns the last of some tokens, which was drawn after the others.
    void learn(int[] ids, int length) {
        int drawn = ids[length - 1];
        for (int n = 1; n <= MOST && n < length; n++) {
            int at = index(ids, length - 1, n);
            int lead = leads[n - 1][at];
            int votes = lead & MOST_VOTES;
            if (votes == 0) {
                leads[n - 1][at] = drawn << VOTE_BITS | 1;
            } else if (lead >>> VOTE_BITS != drawn) {
                leads[n - 1][at]--;
            } else if (votes < MOST_VOTES) {
                leads[n - 1][at]++;
            }
        }
    }

    /// The next tokens after the first `length` of `ids`, at most `most`; fewer where nothing is known.
    int[] guess(int[] ids, int length, int most) {
        int known = Math.min(length, MOST);
        int[] text = Arrays.copyOfRange(ids, length - known, length + most);
        int end = known;
        while (end < known + most && append(text, end)) {
            end++;
        }
        return Arrays.copyOfRange(text, known, end);
    }

    private boolean append(int[] text, int end) {
        for (int n = Math.min(MOST, end); n >= 1; n--) {
            int lead = leads[n - 1][index(text, end, n)];
            if ((lead & MOST_VOTES) > 0) {
                text[end] = lead >>> VOTE_BITS;
                return true;
            }
        }
        return false;
    }

    /// Of the `n` tokens before index `end`.
    private static int index(int[] ids, int end, int n) {
        int hash = 0;
        for (int i = end - n; i < end; i++) {
            hash = (hash + ids[i] + 1) * 0x9e3779b1; // Fibonacci hashing (Knuth 1973)
        }
        return hash >>> 32 - BITS;
    }
}
