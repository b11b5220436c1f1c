package tinylm.inference;

/// Which part of a text the model sees: a function of the text's length alone, so that every replica slides at the
/// same characters.
public final class ContextWindow {

    /// A slide keeps one part in so many of the context in view and prefills it anew: the smaller it is, the less
    /// slides cost. The shipped model predicts as well behind 32 characters as behind 224.
    static final int KEPT = 8;

    private ContextWindow() {}

    /// Index of the first token in view of a text of `length` tokens: 0 until the context is full, then on by what
    /// a slide does not keep.
    public static int start(int length, int contextLength) {
        if (contextLength < 2) {
            throw new IllegalArgumentException("contextLength must be at least 2 to slide, but is " + contextLength);
        }
        int slide = slide(contextLength);
        return Math.ceilDiv(Math.max(length - contextLength, 0), slide) * slide;
    }

    /// Length of the shortest text whose window starts at `start`.
    static int firstLength(int start, int contextLength) {
        return start == 0 ? 1 : start - slide(contextLength) + contextLength + 1;
    }

    private static int slide(int contextLength) {
        return contextLength - Math.max(1, contextLength / KEPT);
    }
}
