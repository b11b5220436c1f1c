package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ViewTest {

    private record Feed(boolean decoded, List<Integer> ids) {

        static List<Feed> prefills(List<Integer> ids) {
            return IntStream.iterate(0, from -> from < ids.size(), from -> from + View.CHUNK)
                    .mapToObj(from -> new Feed(false, ids.subList(from, Math.min(from + View.CHUNK, ids.size()))))
                    .toList();
        }
    }

    @Test
    void a_view_is_what_it_was_when_the_text_was_shorter_and_one_feed_more() {
        for (int seed = 0; seed < 1_200; seed++) {
            var random = new Random(seed);
            int contextLength = 2 + seed % 39;
            grows(
                    RandomText.of(random, 1 + random.nextInt(5 * contextLength), 1 + random.nextInt(30)),
                    contextLength,
                    seed);
        }
    }

    @Test
    void a_view_of_a_context_longer_than_a_chunk_grows_in_chunks() {
        for (int seed = 0; seed < 12; seed++) {
            var random = new Random(seed);
            int contextLength = 2 * View.CHUNK + seed;
            grows(RandomText.of(random, 3 * contextLength, 1 + random.nextInt(500)), contextLength, seed);
        }
    }

    /// Follows a text from each length at which it stood to the next.
    private static void grows(RandomText text, int contextLength, int seed) {
        var before = List.<Feed>of();
        int length = 0;
        int start = 0;
        for (int next = 1; next <= text.ids().size(); next++) {
            if (!text.stoodAt(next)) {
                continue;
            }
            int nextStart = ContextWindow.start(next, contextLength);
            var expected = new ArrayList<Feed>();
            if (length == 0 || nextStart != start) {
                expected.addAll(Feed.prefills(text.ids().subList(nextStart, next)));
            } else {
                expected.addAll(before);
                expected.addAll(
                        text.drawn().get(length)
                                ? List.of(new Feed(true, text.ids().subList(length, next)))
                                : Feed.prefills(text.ids().subList(length, next)));
            }
            before = feeds(view(text.first(next), contextLength));
            assertEquals(
                    expected, before, "seed " + seed + ", context " + contextLength + ", " + length + " to " + next);
            length = next;
            start = nextStart;
        }
    }

    @Test
    void a_prompt_is_cut_into_chunks_from_where_the_window_starts() {
        int[] ids = IntStream.range(0, 700).toArray();
        assertEquals(List.of(160, 160, 80), lengths(Text.EMPTY.withPrompt(Arrays.copyOf(ids, 400)), 512));
        assertEquals(List.of(160, 160, 160, 32), lengths(Text.EMPTY.withPrompt(Arrays.copyOf(ids, 512)), 512));
        assertEquals(List.of(65), lengths(Text.EMPTY.withPrompt(Arrays.copyOf(ids, 513)), 512));
        assertEquals(
                List.of(160, 90, 1, 1, 160, 10),
                lengths(
                        Text.EMPTY
                                .withPrompt(Arrays.copyOf(ids, 250))
                                .withDrawn(1, 2)
                                .withPrompt(Arrays.copyOf(ids, 170)),
                        512));
    }

    @Test
    void a_row_is_used_as_far_as_it_was_fed_the_same_feeds_and_never_for_the_last() {
        int kept = 0;
        for (int seed = 0; seed < 20_000; seed++) {
            var random = new Random(seed);
            int contextLength = seed % 50 == 0 ? 2 * View.CHUNK + 3 : 2 + random.nextInt(39);
            var one = RandomText.of(random, 1 + random.nextInt(3 * contextLength), 1 + random.nextInt(12));
            var fed = feeds(view(one.whole(), contextLength));
            int feedsDone = random.nextInt(fed.size() + 1);
            int done = length(fed.subList(0, feedsDone));
            var other = altered(one, random);
            var wanted = feeds(view(other.whole(), contextLength));
            int same = 0;
            while (same < Math.min(feedsDone, wanted.size() - 1)
                    && wanted.get(same).equals(fed.get(same))) {
                same++;
            }
            boolean sameStart = ContextWindow.start(one.ids().size(), contextLength)
                    == ContextWindow.start(other.ids().size(), contextLength);
            int expected = sameStart ? length(wanted.subList(0, same)) : 0;
            int held = view(other.whole(), contextLength).held(view(one.whole(), contextLength), done);
            assertEquals(expected, held, "seed " + seed + ": " + fed.subList(0, feedsDone) + " for " + wanted);
            kept += held > 0 ? 1 : 0;
        }
        assertTrue(kept > 3_000 && kept < 17_000, kept + " rows were of use");
    }

    /// The text with one token exchanged, one mark turned, or with less or more at its end.
    private static RandomText altered(RandomText text, Random random) {
        var ids = new ArrayList<>(text.ids());
        var drawn = (BitSet) text.drawn().clone();
        int at = random.nextInt(ids.size());
        switch (random.nextInt(5)) {
            case 0 -> ids.set(at, ids.get(at) + 1);
            case 1 -> drawn.flip(at);
            case 2 -> ids.subList(at + 1, ids.size()).clear();
            case 3 -> ids.add(1);
            case 4 -> {
                drawn.set(ids.size());
                ids.add(1);
            }
            default -> throw new AssertionError();
        }
        drawn.clear(ids.size(), Integer.MAX_VALUE);
        return new RandomText(ids, drawn);
    }

    @Test
    void what_is_out_of_view_can_be_left_out_at_any_time_without_a_change() {
        for (int seed = 0; seed < 3_000; seed++) {
            var random = new Random(seed);
            int contextLength = 2 + seed % 39;
            var text = RandomText.of(random, 1 + random.nextInt(6 * contextLength), 1 + random.nextInt(12));
            var trimmed = Text.EMPTY;
            for (int length = 1; length <= text.ids().size(); length++) {
                trimmed = text.extended(trimmed, length);
                if (random.nextInt(4) == 0) {
                    trimmed = trimmed.inView(contextLength);
                }
            }
            var whole = view(text.whole(), contextLength);
            var shorter = view(trimmed, contextLength);
            var message = "seed " + seed + ", context " + contextLength;
            assertEquals(feeds(whole), feeds(shorter), message);
            assertEquals(
                    length(feeds(whole).subList(0, feeds(whole).size() - 1)),
                    whole.held(shorter, shorter.length()),
                    message);
        }
    }

    private static List<Integer> lengths(Text text, int contextLength) {
        return feeds(view(text, contextLength)).stream()
                .map(feed -> feed.ids().size())
                .toList();
    }

    private static int length(List<Feed> feeds) {
        return feeds.stream().mapToInt(feed -> feed.ids().size()).sum();
    }

    private static List<Feed> feeds(View view) {
        var feeds = new ArrayList<Feed>();
        for (int from = 0; from < view.length(); from = view.feedEnd(from)) {
            var ids =
                    Arrays.stream(view.tokens(from, view.feedEnd(from))).boxed().toList();
            feeds.add(new Feed(view.isDecoded(from), ids));
        }
        return feeds;
    }

    private static View view(Text text, int contextLength) {
        var request =
                new GenerationRequest(text, List.of(), SamplingParameters.defaults(1), 0, new int[0], new Lease());
        return new Sequence(request, event -> {}, EngineObserver.NONE, 1_000).view(contextLength);
    }
}
