package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GridTest {

    private final Map<String, List<Object>> values = new LinkedHashMap<>();

    @Test
    void all_combinations_come_in_order() {
        values.put("dropout", List.of(0, 0.1));
        values.put("seed", List.of(1, 2, 3));
        assertEquals(
                List.of(
                        Map.of("dropout", 0, "seed", 1),
                        Map.of("dropout", 0, "seed", 2),
                        Map.of("dropout", 0, "seed", 3),
                        Map.of("dropout", 0.1, "seed", 1),
                        Map.of("dropout", 0.1, "seed", 2),
                        Map.of("dropout", 0.1, "seed", 3)),
                all().combinations());
        assertEquals(
                List.of("dropout", "seed"),
                List.copyOf(all().combinations().getFirst().keySet()));
    }

    @Test
    void a_sample_of_very_many_is_of_different_ones_and_the_same_for_the_same_seed() {
        for (var field : List.of("a", "b", "c", "d", "e")) {
            values.put(field, numbers(100));
        }
        var sample = some(100, 7).combinations();
        assertEquals(100, sample.size());
        assertEquals(100, new HashSet<>(sample).size());
        assertEquals(sample, some(100, 7).combinations());
        assertTrue(!sample.equals(some(100, 8).combinations()));
        // a hundred draws that always had the same value of a field would be no sample
        assertTrue(sample.stream().map(one -> one.get("a")).distinct().count() > 40);
    }

    @Test
    void a_sample_of_more_than_there_are_is_all_of_them() {
        values.put("seed", numbers(3));
        assertEquals(all().combinations(), some(50, 1).combinations());
    }

    @Test
    void what_is_not_allowed_is_refused_with_a_sentence() {
        assertEquals("A grid has at least one field, as in {\"dropout\": [0, 0.1]}.", refusal(all()));
        values.put("dropout", List.of());
        assertEquals("A field of a grid has 1 to 100 values, but this one has 0.", refusal(all()));
        values.put("dropout", List.of(0.1, 0.1));
        assertEquals("A field of a grid has each value once.", refusal(all()));
        values.put("dropout", List.of(1, 1.0));
        assertEquals("A field of a grid has each value once.", refusal(all()));
        values.put("dropout", numbers(51));
        values.put("seed", List.of(1, 2));
        assertEquals(
                "The grid has 102 combinations, but a search has at most 100 runs; ask for a sample of them.",
                refusal(all()));
        assertEquals("A sample has 1 to 100 runs.", refusal(some(0, 1)));
        assertEquals("A sample has 1 to 100 runs.", refusal(some(101, 1)));
        IntStream.range(0, 10).forEach(field -> values.put("field" + field, numbers(100)));
        assertEquals("The grid has more combinations than can be counted.", refusal(some(5, 1)));
    }

    private Grid all() {
        return new Grid(values, OptionalInt.empty(), 1);
    }

    private Grid some(int many, long seed) {
        return new Grid(values, OptionalInt.of(many), seed);
    }

    private static List<Object> numbers(int many) {
        return IntStream.range(0, many).<Object>mapToObj(Integer::valueOf).toList();
    }

    private static String refusal(Grid grid) {
        return assertThrows(RunRefused.class, grid::combinations).getMessage();
    }
}
