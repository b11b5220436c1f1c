package tinylm.inference;

import java.util.Arrays;
import java.util.BitSet;

/// A text as the model meets it: which tokens, and which of them the model drew itself. Together with the length
/// they say which tokens enter the KV cache by decode and which by prefill ([View]), so every bit of what follows is
/// a function of this. Immutable.
///
/// What is out of view for good can be left out ([#inView]): what follows depends on it no more, but for the
/// text's length, which says where the window slides, and the tokens that occurred, which a repetition penalty asks
/// for.
public final class Text {

    public static final Text EMPTY = new Text(0, new int[0], new BitSet(), new BitSet());

    private static final int LONGEST = 1 << 30;

    private final int before;
    private final int[] ids;
    private final BitSet drawn;
    private final BitSet occurred;

    private Text(int before, int[] ids, BitSet drawn, BitSet occurred) {
        this.before = before;
        this.ids = ids;
        this.drawn = drawn;
        this.occurred = occurred;
    }

    /// @param before how many tokens were left out
    /// @param ids the tokens behind those
    /// @param drawn indices in `ids` of the tokens that the model drew
    /// @param occurred token ids among those left out
    /// @throws IllegalArgumentException if `before` is negative, a token id not one of a character tokenizer's, an
    ///     index beyond the end, or the text so long that its completion could not be counted
    public static Text of(int before, int[] ids, BitSet drawn, BitSet occurred) {
        if (before < 0
                || before > LONGEST - ids.length
                || drawn.length() > ids.length
                || Arrays.stream(ids).anyMatch(id -> id < 0 || id > Character.MAX_CODE_POINT)) {
            throw new IllegalArgumentException("a text of " + ids.length + " tokens behind " + before
                    + " others cannot have a drawn one at " + (drawn.length() - 1) + " or one outside of 0.."
                    + Character.MAX_CODE_POINT);
        }
        var all = (BitSet) occurred.clone();
        Arrays.stream(ids).forEach(all::set);
        return new Text(before, ids.clone(), (BitSet) drawn.clone(), all);
    }

    /// The text with tokens behind it that somebody wrote.
    public Text withPrompt(int... more) {
        return with(more, 0);
    }

    /// The text with tokens behind it that the model drew.
    public Text withDrawn(int... more) {
        return with(more, more.length);
    }

    private Text with(int[] more, int newlyDrawn) {
        var joined = Arrays.copyOf(ids, ids.length + more.length);
        System.arraycopy(more, 0, joined, ids.length, more.length);
        var marks = (BitSet) drawn.clone();
        marks.set(ids.length, ids.length + newlyDrawn);
        return of(before, joined, marks, occurred);
    }

    /// The text without what a model of this context length will never see again.
    public Text inView(int contextLength) {
        int out = ContextWindow.start(length(), contextLength) - before;
        return out <= 0
                ? this
                : new Text(
                        before + out, Arrays.copyOfRange(ids, out, ids.length), drawn.get(out, ids.length), occurred);
    }

    /// Whether nothing is left out that a model of this context length will see.
    boolean isWholeInView(int contextLength) {
        return before <= ContextWindow.start(length(), contextLength);
    }

    /// How many tokens it has, those left out included.
    public int length() {
        return before + ids.length;
    }

    /// How many tokens at the beginning are left out.
    public int before() {
        return before;
    }

    /// The tokens that are not left out.
    public int[] ids() {
        return ids.clone();
    }

    /// Indices in [#ids] of the tokens that the model drew.
    public BitSet drawn() {
        return (BitSet) drawn.clone();
    }

    /// Every token id in the text, those left out included.
    public BitSet occurred() {
        return (BitSet) occurred.clone();
    }
}
