package tinylm.session;

import java.util.Arrays;

/// A text in token ids, and how much of it the slot may hold in the form in which it was first computed.
///
/// @param continued tokens at the beginning that a sequence may take from the slot
record Text(int[] ids, int continued) {

    static final Text EMPTY = new Text(new int[0], 0);

    Text withPrompt(int[] prompt) {
        return new Text(joined(prompt), continued);
    }

    /// The last token of a completion is drawn but not yet fed, so the next sequence begins with it.
    Text withCompletion(int[] completion) {
        return completion.length == 0 ? this : new Text(joined(completion), ids.length + completion.length - 1);
    }

    private int[] joined(int[] more) {
        var all = Arrays.copyOf(ids, ids.length + more.length);
        System.arraycopy(more, 0, all, ids.length, more.length);
        return all;
    }
}
