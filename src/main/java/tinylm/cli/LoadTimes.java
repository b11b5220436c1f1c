package tinylm.cli;

import java.util.Arrays;

/// Durations in nanoseconds, all kept, so that a quantile is one that was measured.
final class LoadTimes {

    private long[] nanos = new long[1024];
    private int count;

    void add(long duration) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = duration;
    }

    /// The nearest-rank quantile in milliseconds, `share` in 0..1, of which 1 is the longest; NaN when there is none.
    double millis(double share) {
        if (count == 0) {
            return Double.NaN;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted[Math.clamp((int) Math.ceil(share * count) - 1, 0, count - 1)] / 1e6;
    }
}
