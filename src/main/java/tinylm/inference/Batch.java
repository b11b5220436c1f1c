package tinylm.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// What one step feeds to the model: the next feed of each sequence. All decodes take part; of the prefills the
/// longest waiting, as many as cost the others no more than [#PREFILL] tokens' time.
///
/// @param prefills those that prefill, longest waiting first
/// @param decodes those that decode
/// @param ids token to decode, by slot, up to the last that decodes; empty when nobody does
/// @param positions its position in the window, [ModelRunner#IDLE] for slots that do not decode
record Batch(List<Member> prefills, List<Member> decodes, int[] ids, int[] positions) {

    /// Tokens prefilled in a step at most, when many wait: six chunks, 50 to 90 ms on two cores. With two, those of
    /// 200 visitors on a busy machine queued for seconds.
    static final int PREFILL = 6 * View.CHUNK;

    /// What a short prefill costs at least, in tokens.
    private static final int LEAST_COST = 32;

    /// One sequence's next feed.
    ///
    /// @param from tokens of the view that its slot holds
    /// @param to end of the feed
    record Member(Sequence sequence, int slot, View view, int from, int to) {

        static Member of(Sequence sequence, int slot, Slots.Row row, int contextLength) {
            var view = sequence.view(contextLength);
            int held = row.holds(view);
            return new Member(sequence, slot, view, held, view.feedEnd(held));
        }

        boolean decodes() {
            return view.isDecoded(from);
        }

        int[] tokens() {
            return view.tokens(from, to);
        }

        /// Whether the logits after this feed are those of the text's end.
        boolean isLast() {
            return to == view.length();
        }

        private int cost() {
            return Math.max(to - from, LEAST_COST);
        }
    }

    /// @param step number of the step, by which sequences remember since when they wait for a prefill
    static Batch of(List<Sequence> active, Slots slots, int contextLength, long step) {
        var prefills = new ArrayList<Member>();
        var decodes = new ArrayList<Member>();
        var ids = new int[slots.count()];
        var positions = new int[slots.count()];
        Arrays.fill(positions, ModelRunner.IDLE);
        int rows = 0;
        for (int slot = 0; slot < active.size(); slot++) {
            var member = Member.of(active.get(slot), slot, slots.row(slot), contextLength);
            if (member.decodes()) {
                member.sequence().waitsNoMore();
                decodes.add(member);
                ids[slot] = member.view().token(member.from());
                positions[slot] = member.from();
                rows = slot + 1;
            } else {
                // of those that began to wait in one step, the one that came first has the lowest slot then
                member.sequence().waitsSince(step * slots.count() + slot);
                prefills.add(member);
            }
        }
        prefills.sort(Comparator.comparingLong(member -> member.sequence().waitingSince()));
        return new Batch(
                affordable(prefills), List.copyOf(decodes), Arrays.copyOf(ids, rows), Arrays.copyOf(positions, rows));
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
