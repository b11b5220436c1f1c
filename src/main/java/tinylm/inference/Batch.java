package tinylm.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// What one step feeds to the model: the next feed of each sequence. All decodes take part; of the prefills the
/// longest waiting, as many as cost the others no more than [#PREFILL] tokens' time.
///
/// Each sequence decodes some tokens ahead: those that are known, as in a replay, and then those that are guessed. The
/// keys and values that a token attends to are read once for all of them.
///
/// @param prefills those that prefill, longest waiting first
/// @param decodes those that decode, by ascending slot
record Batch(List<Member> prefills, List<Member> decodes) {

    /// Tokens prefilled in a step at most, when many wait: six chunks, 50 to 90 ms on two cores. With two, those of
    /// 200 visitors on a busy machine queued for seconds.
    static final int PREFILL = 6 * View.CHUNK;

    /// What a short prefill costs at least, in tokens.
    private static final int LEAST_COST = 32;

    /// One sequence's next feed.
    ///
    /// @param from tokens of the view that its slot holds
    /// @param to end of the feed
    /// @param ahead what is decoded after the feed, as long as the sequence goes on so
    record Member(Sequence sequence, int slot, Slots.Row row, View view, int from, int to, int[] ahead) {

        private static final int[] NOTHING = {};

        static Member of(Sequence sequence, int slot, Slots.Row row, int contextLength) {
            var view = sequence.view(contextLength);
            int held = row.holds(view);
            return new Member(sequence, slot, row, view, held, view.feedEnd(held), NOTHING);
        }

        /// @param width most tokens of the feed and ahead
        private Member ahead(int contextLength, int width, Draft draft) {
            int most = Math.min(width, contextLength - from) - 1;
            int known = to;
            while (known < view.length() && known < to + most && view.isDecoded(known)) {
                known++;
            }
            int[] tokens = view.tokens(to, known);
            if (known == view.length()) {
                int[] guesses = sequence.guess(draft, most - tokens.length);
                tokens = IntStream.concat(Arrays.stream(tokens), Arrays.stream(guesses))
                        .toArray();
            }
            return new Member(sequence, slot, row, view, from, to, tokens);
        }

        /// What comes after this feed, when the first of what is ahead is what the sequence went on with.
        Optional<Member> next(int contextLength) {
            if (ahead.length == 0) {
                return Optional.empty();
            }
            var longer = isLast() ? sequence.view(contextLength) : view;
            return longer.token(to) == ahead[0]
                    ? Optional.of(new Member(
                            sequence, slot, row, longer, to, to + 1, Arrays.copyOfRange(ahead, 1, ahead.length)))
                    : Optional.empty();
        }

        /// Notes that the row holds what was fed, and what is ahead.
        void keep() {
            row.keep(view, to, to + ahead.length);
        }

        boolean decodes() {
            return view.isDecoded(from);
        }

        /// Those of the feed and those ahead.
        int[] tokens() {
            return IntStream.concat(Arrays.stream(view.tokens(from, to)), Arrays.stream(ahead))
                    .toArray();
        }

        /// Whether the logits after this feed are those of the text's end.
        boolean isLast() {
            return to == view.length();
        }

        /// What the prefill costs, in tokens.
        int cost() {
            return Math.max(to - from, LEAST_COST);
        }
    }

    /// @param step number of the step, by which sequences remember since when they wait for a prefill
    /// @param width tokens that a sequence decodes in the step at most
    static Batch of(List<Sequence> active, Slots slots, int contextLength, long step, int width, Draft draft) {
        var prefills = new ArrayList<Member>();
        var decodes = new ArrayList<Member>();
        for (int slot = 0; slot < active.size(); slot++) {
            var member = Member.of(active.get(slot), slot, slots.row(slot), contextLength);
            if (member.decodes()) {
                member.sequence().waitsNoMore();
                decodes.add(member.ahead(contextLength, width, draft));
            } else {
                member.sequence().waitsSince(step);
                prefills.add(member);
            }
        }
        prefills.sort(
                Comparator.<Member>comparingLong(member -> member.sequence().waitingSince())
                        .thenComparingLong(member -> member.sequence().submitted()));
        return new Batch(affordable(prefills), List.copyOf(decodes));
    }

    /// How many slots a decode covers: those up to the last that takes part.
    int decodedSlots() {
        return decodes.isEmpty() ? 0 : decodes.getLast().slot() + 1;
    }

    int prefilledTokens() {
        return prefills.stream().mapToInt(member -> member.to() - member.from()).sum();
    }

    private static List<Member> affordable(List<Member> waiting) {
        int left = PREFILL;
        int count = 0;
        while (count < waiting.size() && left >= waiting.get(count).cost()) {
            left -= waiting.get(count++).cost();
        }
        return List.copyOf(waiting.subList(0, count));
    }
}
