package tinylm.inference;

import java.util.ArrayList;
import java.util.List;

/// What a [FakeRunner] makes of a text by contracts.md, "Determinism", without engine, slots, batches or ledgers: what
/// was drawn is decoded, what was written is prefilled, and when the window has slid, all in view is prefilled anew:
/// an eighth of a context.
final class Reference {

    private final int vocabSize;
    private final int contextLength;
    private final List<Integer> text = new ArrayList<>();
    private final List<FakeRunner.Fed> window = new ArrayList<>();
    private int start;
    private boolean written = true; // whether the tokens that were not fed yet were written

    Reference(int vocabSize, int contextLength) {
        this.vocabSize = vocabSize;
        this.contextLength = contextLength;
    }

    /// Appends what somebody wrote.
    Reference write(List<Integer> tokens) {
        if (!written) {
            feed();
        }
        written = true;
        text.addAll(tokens);
        return this;
    }

    /// Appends the likeliest tokens one after the other, and returns them.
    List<Integer> draw(int count) {
        var drawn = new ArrayList<Integer>();
        for (int i = 0; i < count; i++) {
            feed();
            drawn.add(FakeRunner.likeliest(vocabSize, window));
            text.add(drawn.getLast());
            written = false;
        }
        return drawn;
    }

    private void feed() {
        int slid = start;
        while (text.size() - slid > contextLength) {
            slid += contextLength - Math.max(1, contextLength / 8);
        }
        if (slid != start) {
            start = slid;
            window.clear();
        }
        var unfed = text.subList(start + window.size(), text.size());
        if (!written && !window.isEmpty()) {
            window.add(FakeRunner.Fed.decoded(unfed.getFirst()));
            return;
        }
        for (int from = 0; from < unfed.size(); from += View.CHUNK) {
            window.addAll(FakeRunner.Fed.prefilled(unfed.subList(from, Math.min(from + View.CHUNK, unfed.size()))));
        }
    }
}
