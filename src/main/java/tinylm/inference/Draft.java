package tinylm.inference;

import java.util.Arrays;

/// Guesses the tokens that a model draws next, from those that it drew before. The guesses are fed along with the token
/// that they follow and are kept where the model draws the same (speculative decoding, Leviathan et al. 2023; by
/// n-grams, Saxena 2023), so that they change nothing but the time.
///
/// What came after the same one to five tokens is counted, and the counts are interpolated from short to long, each as
/// a prior of the next (Dirichlet smoothing, MacKay and Peto 1995). What is guessed must come cheaply: after the same
/// tokens only two are counted, and they are found by a hash, so that what collides is guessed wrongly.
final class Draft {

    private static final int LONGEST = 5;
    private static final int BITS = 19;

    /// How many counts what came after fewer tokens weighs.
    private static final float PRIOR = 10;

    private static final int TOKENS = 1 << Counts.TOKEN_BITS;

    /// By a hash of their number and of the tokens before: [Counts].
    private final long[] counts = new long[1 << BITS];

    /// Learns the last of some tokens, which was drawn after the others.
    void learn(int[] ids, int length) {
        int drawn = ids[length - 1];
        if (drawn >= TOKENS) {
            return;
        }
        for (int n = 1; n <= LONGEST && n < length; n++) {
            int at = index(ids, length - 1, n);
            counts[at] = Counts.add(counts[at], drawn);
        }
    }

    /// The next tokens after the first `length` of `ids`, at most `most`; fewer where nothing is known.
    int[] guess(int[] ids, int length, int most) {
        int known = Math.min(length, LONGEST);
        int[] text = Arrays.copyOfRange(ids, length - known, length + most);
        int end = known;
        var likeliest = new Likeliest();
        while (end < known + most && likeliest.find(text, end)) {
            text[end++] = likeliest.token();
        }
        return Arrays.copyOfRange(text, known, end);
    }

    /// Of the `n` tokens before index `end`.
    private static int index(int[] ids, int end, int n) {
        int hash = n;
        for (int i = end - n; i < end; i++) {
            hash = (hash + ids[i] + 1) * 0x9e3779b1; // Fibonacci hashing (Knuth 1973)
        }
        return hash >>> 32 - BITS;
    }

    /// The likeliest token after some others.
    private final class Likeliest {

        private final int[] tokens = new int[2 * LONGEST];
        private final float[] weights = new float[2 * LONGEST];
        private int size;

        /// Whether anything is known of what comes after the first `end` tokens of a text.
        boolean find(int[] text, int end) {
            size = 0;
            for (int n = 1; n <= Math.min(LONGEST, end); n++) {
                long after = counts[index(text, end, n)];
                for (int i = 0; i < size; i++) {
                    weights[i] *= PRIOR / (Counts.total(after) + PRIOR);
                }
                add(after, Counts.FIRST);
                add(after, Counts.SECOND);
            }
            return size > 0;
        }

        private void add(long after, int which) {
            int count = Counts.count(after, which);
            if (count == 0) {
                return;
            }
            int token = Counts.token(after, which);
            int i = 0;
            while (i < size && tokens[i] != token) {
                i++;
            }
            if (i == size) {
                tokens[size] = token;
                weights[size++] = 0;
            }
            weights[i] += count / (Counts.total(after) + PRIOR);
        }

        int token() {
            int best = 0;
            for (int i = 1; i < size; i++) {
                best = weights[i] > weights[best] ? i : best;
            }
            return tokens[best];
        }
    }

    /// What came after the same tokens, in a long: how many, and two of them, each with its count. A third takes the
    /// place of the rarer one when that is counted down (as by Misra and Gries 1982, at half their pace).
    private static final class Counts {

        static final int TOKEN_BITS = 16;
        static final int FIRST = 0;
        static final int SECOND = 26;

        private static final int[] BOTH = {FIRST, SECOND};
        private static final int COUNT_BITS = 10;
        private static final int MOST = (1 << COUNT_BITS) - 1;
        private static final int TOTAL = 52; // the highest twelve bits
        private static final int MOST_IN_TOTAL = (1 << 64 - TOTAL) - 1;

        private Counts() {}

        static int total(long counts) {
            return (int) (counts >>> TOTAL);
        }

        static int token(long counts, int which) {
            return (int) (counts >>> which + COUNT_BITS) & (1 << TOKEN_BITS) - 1;
        }

        static int count(long counts, int which) {
            return (int) (counts >>> which) & MOST;
        }

        static long add(long before, int token) {
            long counts = isFull(before) ? halved(before) : before;
            counts += 1L << TOTAL;
            for (int which : BOTH) {
                if (count(counts, which) > 0 && token(counts, which) == token) {
                    return counts + (1L << which);
                }
            }
            int rarer = count(counts, FIRST) < count(counts, SECOND) ? FIRST : SECOND;
            if (count(counts, rarer) == 0) {
                return with(counts, rarer, token, 1);
            }
            return total(counts) % 2 == 0 ? counts - (1L << rarer) : counts;
        }

        private static boolean isFull(long counts) {
            return total(counts) == MOST_IN_TOTAL || count(counts, FIRST) == MOST || count(counts, SECOND) == MOST;
        }

        private static long halved(long counts) {
            long half = (long) total(counts) / 2 << TOTAL;
            for (int which : BOTH) {
                half = with(half, which, token(counts, which), count(counts, which) / 2);
            }
            return half;
        }

        private static long with(long counts, int which, int token, int count) {
            long mask = (1L << COUNT_BITS + TOKEN_BITS) - 1;
            return counts & ~(mask << which) | ((long) token << COUNT_BITS | count) << which;
        }
    }
}
