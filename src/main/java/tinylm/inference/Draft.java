package tinylm.inference;

import java.util.Arrays;

/// Guesses the tokens that a model draws next, from those that it drew before: after the same two to five tokens, what
/// came most often. The guesses are fed along with the token that they follow and are kept where the model draws the
/// same (speculative decoding, Leviathan et al. 2023; by n-grams, Saxena 2023), so that they change nothing but the
/// time.
///
/// What is guessed must come cheaply: tables are indexed by a hash of the tokens, and what collides is guessed wrongly.
final class Draft {

    private static final int FEWEST = 2;
    private static final int MOST = 5;

    /// By how many votes a token must lead to be guessed behind another guess; the first may be guessed by less.
    private static final int SURE = 2;

    private static final int BITS = 16;

    /// By number of tokens before and hash: the token that leads, and by how many votes it does (Boyer and Moore 1981).
    private final int[][] leader = new int[MOST - FEWEST + 1][1 << BITS];

    private final int[][] lead = new int[MOST - FEWEST + 1][1 << BITS];

    /// Learns the last of some tokens, which was drawn after the others.
    void learn(int[] ids, int length) {
        int drawn = ids[length - 1];
        for (int n = FEWEST; n <= MOST && n < length; n++) {
            int at = index(ids, length - 1, n);
            int[] leaders = leader[n - FEWEST];
            int[] votes = lead[n - FEWEST];
            if (votes[at] == 0) {
                leaders[at] = drawn;
            }
            votes[at] += leaders[at] == drawn ? 1 : -1;
        }
    }

    /// The next tokens after the first `length` of `ids`, at most `most`; fewer where nothing is known.
    int[] guess(int[] ids, int length, int most) {
        int known = Math.min(length, MOST);
        int[] text = Arrays.copyOfRange(ids, length - known, length + most);
        int end = known;
        while (end < known + most && append(text, end, end == known ? 1 : SURE)) {
            end++;
        }
        return Arrays.copyOfRange(text, known, end);
    }

    private boolean append(int[] text, int end, int least) {
        for (int n = Math.min(MOST, end); n >= FEWEST; n--) {
            int at = index(text, end, n);
            if (lead[n - FEWEST][at] >= least) {
                text[end] = leader[n - FEWEST][at];
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
