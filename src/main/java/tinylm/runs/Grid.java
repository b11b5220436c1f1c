package tinylm.runs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/// Several values for some fields of a config, of which all combinations are tried, or some at random.
///
/// @param values of each field; the last field's change first
/// @param sample how many combinations, chosen at random; absent for all
/// @param seed of the choice
public record Grid(Map<String, List<Object>> values, OptionalInt sample, long seed) {

    /// Runs of one search.
    public static final int MOST = 100;

    /// @throws RunRefused when there is none, or there are too many
    List<Map<String, Object>> combinations() {
        long all = count();
        if (sample.isEmpty() && all > MOST) {
            throw RunRefused.invalid(
                    "sample",
                    "The grid has %,d combinations, but a search has at most %d runs; ask for a sample of them."
                            .formatted(all, MOST));
        }
        if (sample.isPresent() && (sample.getAsInt() < 1 || sample.getAsInt() > MOST)) {
            throw RunRefused.invalid("sample", "A sample has 1 to " + MOST + " runs.");
        }
        var chosen = sample.isPresent() && sample.getAsInt() < all
                ? new SplittableRandom(seed)
                        .longs(0, all)
                        .distinct()
                        .limit(sample.getAsInt())
                        .sorted()
                : LongStream.range(0, all);
        return chosen.mapToObj(this::combination).toList();
    }

    private long count() {
        if (values.isEmpty()) {
            throw RunRefused.invalid("grid", "A grid has at least one field, as in {\"dropout\": [0, 0.1]}.");
        }
        long count = 1;
        for (var field : values.entrySet()) {
            int size = field.getValue().size();
            if (size < 1 || size > MOST) {
                throw RunRefused.invalid(
                        field.getKey(),
                        "A field of a grid has 1 to " + MOST + " values, but this one has " + size + ".");
            }
            if (field.getValue().stream().map(Grid::comparable).distinct().count() < size) {
                throw RunRefused.invalid(field.getKey(), "A field of a grid has each value once.");
            }
            if (count > Long.MAX_VALUE / size) {
                throw RunRefused.invalid("grid", "The grid has more combinations than can be counted.");
            }
            count *= size;
        }
        return count;
    }

    /// 1 and 1.0 are the same value.
    private static Object comparable(Object value) {
        return value instanceof Number number ? (Object) number.doubleValue() : Optional.ofNullable(value);
    }

    private Map<String, Object> combination(long number) {
        var fields = new ArrayList<>(values.entrySet()).reversed();
        var combination = new LinkedHashMap<String, Object>();
        long rest = number;
        for (var field : fields) {
            int size = field.getValue().size();
            combination.putFirst(field.getKey(), field.getValue().get((int) (rest % size)));
            rest /= size;
        }
        return combination;
    }
}
