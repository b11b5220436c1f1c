package tinylm.inference;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/// A text of written and drawn stretches in turn, beginning with a written one.
///
/// @param ids its tokens
/// @param drawn indices of those that the model drew
record RandomText(List<Integer> ids, BitSet drawn) {

    static RandomText of(Random random, int length, int longestStretch) {
        var ids = new ArrayList<Integer>();
        var drawn = new BitSet();
        while (ids.size() < length) {
            boolean written = ids.isEmpty() || random.nextBoolean();
            int end = Math.min(length, ids.size() + 1 + random.nextInt(longestStretch));
            drawn.set(ids.size(), end, !written);
            while (ids.size() < end) {
                ids.add(random.nextInt(5));
            }
        }
        return new RandomText(ids, drawn);
    }

    Text first(int length) {
        int[] first = ids.stream().limit(length).mapToInt(id -> id).toArray();
        return Text.of(0, first, drawn.get(0, length), new BitSet());
    }

    Text whole() {
        return first(ids.size());
    }

    /// A text that has the first tokens of this one, with those up to `length` behind it.
    Text extended(Text text, int length) {
        var longer = text;
        for (int i = text.length(); i < length; i++) {
            longer = drawn.get(i) ? longer.withDrawn(ids.get(i)) : longer.withPrompt(ids.get(i));
        }
        return longer;
    }

    /// Whether the model was asked for the next token, or had drawn its last one, when the text was this long.
    boolean stoodAt(int length) {
        return length == ids.size() || length > 0 && (drawn.get(length) || drawn.get(length - 1));
    }
}
