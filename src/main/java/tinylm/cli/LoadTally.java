package tinylm.cli;

/// What all streams of one measurement saw between `begin` and `end`; errors count at any time. Event loop only.
final class LoadTally {

    private final LoadTimes firsts = new LoadTimes();
    private final LoadTimes gaps = new LoadTimes();
    private long characters;
    private int errors;
    private String firstError = "";
    private boolean counting;
    private long began;
    private double seconds;

    void begin() {
        counting = true;
        began = System.nanoTime();
    }

    void end() {
        counting = false;
        seconds = (System.nanoTime() - began) / 1e9;
    }

    boolean isCounting() {
        return counting;
    }

    /// The first characters of a response, `nanos` after it was asked for.
    void first(long nanos, String text) {
        if (counting) {
            firsts.add(nanos);
            count(text);
        }
    }

    /// Further characters, `nanos` after those before them.
    void next(long nanos, String text) {
        if (counting) {
            gaps.add(nanos);
            count(text);
        }
    }

    void error(String sentence) {
        if (errors++ == 0) {
            firstError = sentence;
        }
    }

    private void count(String text) {
        characters += text.codePointCount(0, text.length());
    }

    int errors() {
        return errors;
    }

    String firstError() {
        return firstError;
    }

    double charactersPerSecond() {
        return characters / seconds;
    }

    double seconds() {
        return seconds;
    }

    LoadTimes firsts() {
        return firsts;
    }

    LoadTimes gaps() {
        return gaps;
    }
}
