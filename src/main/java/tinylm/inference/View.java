package tinylm.inference;

import java.util.Arrays;
import java.util.function.IntPredicate;

/// The tokens in view of a text, cut into the feeds by which they enter the KV cache. The cut is a function of the
/// text alone, so every replica computes the same bits, and a row that holds the first feeds of a view can be used
/// for it as it is:
///
/// - when the window has just slid (or the text is new), all up to the end of what is known is prefilled;
/// - after that, each token that the model drew is decoded, and what was written between is prefilled;
/// - a prefill is cut into chunks, so that a long one holds nobody else up.
final class View {

    /// Most tokens of one prefill. Part of what a completion is a function of: another number gives other last
    /// bits. What a slide of the default model keeps fits.
    static final int CHUNK = 160;

    private static final int BEGINS = 1;
    private static final int DECODED = 2;

    private final int start;
    private final int[] marked; // token id, and how it is fed in the two lowest bits

    private View(int start, int[] marked) {
        this.start = start;
        this.marked = marked;
    }

    /// @param ids the tokens from the text's index `start` on, which is where its window starts
    /// @param drawn whether the token at an index of `ids` was drawn by the model
    /// @param firstLength shortest text whose window starts at `start`
    static View of(int start, int[] ids, IntPredicate drawn, int firstLength) {
        int known = ids.length;
        for (int end = ids.length; end >= Math.max(firstLength - start, 1); end--) {
            if (end == ids.length || drawn.test(end) || drawn.test(end - 1)) {
                known = end;
            }
        }
        int[] marked = new int[ids.length];
        int at = 0;
        while (at < ids.length) {
            int end = at + 1;
            boolean decoded = at >= known && drawn.test(at);
            int most = Math.min(at + CHUNK, at < known ? known : ids.length);
            while (!decoded && end < most && (end < known || !drawn.test(end))) {
                end++;
            }
            for (int i = at; i < end; i++) {
                marked[i] = ids[i] << 2;
            }
            marked[at] |= BEGINS | (decoded ? DECODED : 0);
            at = end;
        }
        return new View(start, marked);
    }

    /// Nothing in view.
    static View nothing() {
        return new View(0, new int[0]);
    }

    int start() {
        return start;
    }

    int length() {
        return marked.length;
    }

    int token(int index) {
        return marked[index] >> 2;
    }

    /// The tokens of a feed.
    int[] tokens(int from, int to) {
        return Arrays.stream(marked, from, to).map(mark -> mark >> 2).toArray();
    }

    /// End of the feed that begins at `from`.
    int feedEnd(int from) {
        int end = from + 1;
        while (!isCut(end, marked.length)) {
            end++;
        }
        return end;
    }

    boolean isDecoded(int from) {
        return (marked[from] & DECODED) != 0;
    }

    /// How many tokens of this view a row holds that was fed the first `fed` tokens of `other`: whole feeds alone,
    /// and never the last, whose logits are wanted.
    int held(View other, int fed) {
        if (other.start != start) {
            return 0;
        }
        int same = Arrays.mismatch(marked, 0, marked.length, other.marked, 0, fed);
        int held = Math.min(same < 0 ? marked.length : same, marked.length - 1);
        while (!(isCut(held, marked.length) && other.isCut(held, fed))) {
            held--;
        }
        return held;
    }

    /// Whether a feed ends before index `at`.
    private boolean isCut(int at, int length) {
        return at == length || (marked[at] & BEGINS) != 0;
    }
}
