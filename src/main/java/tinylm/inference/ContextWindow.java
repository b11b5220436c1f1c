package tinylm.inference;

/// Which part of a text the model sees: a function of the text's length alone, so that every replica slides at the
/// same characters.
public final class ContextWindow {

    private ContextWindow() {}

    /// Index of the first token in view of a text of `length` tokens: 0 until the context is full, then on by half
    /// a context at a time, so that a slide costs one prefill in half a context of steps.
    public static int start(int length, int contextLength) {
        if (contextLength < 2) {
            throw new IllegalArgumentException("contextLength must be at least 2 to slide, but is " + contextLength);
        }
        int half = contextLength / 2;
        return Math.ceilDiv(Math.max(length - contextLength, 0), half) * half;
    }

    /// Length of the shortest text whose window starts at `start`.
    static int firstLength(int start, int contextLength) {
        return start == 0 ? 1 : start - contextLength / 2 + contextLength + 1;
    }
}
