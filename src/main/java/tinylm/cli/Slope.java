package tinylm.cli;

import java.util.List;

/// A straight line through measurements at equal distances.
///
/// @param perStep what it rises by from one measurement to the next
/// @param error its standard error: the slope is zero within noise if it is within two of them; NaN for fewer than
///     three measurements
record Slope(double perStep, double error) {

    static Slope of(List<Long> values) {
        int n = values.size();
        double middle = (n - 1) / 2.0;
        double mean = values.stream().mapToLong(Long::longValue).average().orElse(Double.NaN);
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < n; i++) {
            xx += (i - middle) * (i - middle);
            xy += (i - middle) * (values.get(i) - mean);
        }
        double slope = xy / xx;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            double rest = values.get(i) - mean - slope * (i - middle);
            squares += rest * rest;
        }
        return new Slope(slope, n < 3 ? Double.NaN : Math.sqrt(squares / (n - 2) / xx));
    }
}
