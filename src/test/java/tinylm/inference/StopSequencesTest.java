package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopSequencesTest {

    @Test
    void without_stops_every_token_is_released_at_once() {
        var stops = new StopSequences(List.of());
        assertEquals(List.of(3), released(stops.offer(token(3))));
    }

    @Test
    void a_possible_beginning_is_held_back_until_it_cannot_match() {
        var stops = new StopSequences(List.of(new int[] {1, 1, 2}));
        assertEquals(List.of(), released(stops.offer(token(1))));
        assertEquals(List.of(), released(stops.offer(token(1))));
        assertEquals(List.of(1), released(stops.offer(token(1))));
        assertEquals(List.of(1, 1, 3), released(stops.offer(token(3))));
    }

    @Test
    void what_is_held_back_is_flushed_when_the_completion_ends_otherwise() {
        var stops = new StopSequences(List.of(new int[] {1, 2}));
        stops.offer(token(1));
        assertEquals(List.of(1), ids(stops.flush()));
        assertEquals(List.of(), stops.flush());
    }

    @Test
    void random_texts_end_before_the_first_stop_to_be_complete_and_lose_nothing_else() {
        for (int seed = 0; seed < 5_000; seed++) {
            var random = new Random(seed);
            var stops = new ArrayList<int[]>();
            for (int i = random.nextInt(4); i > 0; i--) {
                stops.add(random.ints(1 + random.nextInt(4), 0, 3).toArray());
            }
            var text = random.ints(30, 0, 3).boxed().toList();
            assertEquals(
                    plainly(text, stops),
                    streamed(text, stops),
                    () -> "text " + text + ", stops "
                            + stops.stream().map(Arrays::toString).toList());
        }
    }

    private static List<Integer> streamed(List<Integer> text, List<int[]> stopIds) {
        var stops = new StopSequences(stopIds);
        var published = new ArrayList<Integer>();
        for (int id : text) {
            switch (stops.offer(token(id))) {
                case StopSequences.Outcome.Release(var tokens) -> published.addAll(ids(tokens));
                case StopSequences.Outcome.Met(var tokens) -> {
                    published.addAll(ids(tokens));
                    published.addAll(ids(stops.flush()));
                    return published;
                }
            }
        }
        published.addAll(ids(stops.flush()));
        return published;
    }

    /// The text before the stop that is complete first; of several complete at once, the first in the list.
    private static List<Integer> plainly(List<Integer> text, List<int[]> stops) {
        for (int end = 1; end <= text.size(); end++) {
            for (int[] stop : stops) {
                int from = end - stop.length;
                if (from >= 0
                        && text.subList(from, end)
                                .equals(Arrays.stream(stop).boxed().toList())) {
                    return text.subList(0, from);
                }
            }
        }
        return text;
    }

    private static List<Integer> released(StopSequences.Outcome outcome) {
        return ids(((StopSequences.Outcome.Release) outcome).tokens());
    }

    private static List<Integer> ids(List<TokenEvent.Token> tokens) {
        return tokens.stream().map(TokenEvent.Token::id).toList();
    }

    private static TokenEvent.Token token(int id) {
        return new TokenEvent.Token(id, 0, 0, List.of());
    }
}
