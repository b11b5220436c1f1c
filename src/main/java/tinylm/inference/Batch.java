package tinylm.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What one step feeds to the model, worked out from the sequences' texts and what their slots hold: a sequence that
/// lacks only its newest token decodes it, any other prefills all that is missing from its window.
///
/// @param members the sequences taking part, by slot
/// @param prefills the slots to prefill
/// @param ids token to decode, by slot, up to the last that decodes; empty when nobody does
/// @param positions its position in the window, [ModelRunner#IDLE] for slots that do not decode
record Batch(List<Member> members, List<Prefill> prefills, int[] ids, int[] positions) {

    /// @param windowStart index in the text of the first token in view
    /// @param window the tokens in view, which the slot holds after the step
    /// @param held how many of them the slot holds before
    record Member(Sequence sequence, int windowStart, int[] window, int held) {

        static Member of(Sequence sequence, Slots.Row row, int contextLength) {
            int start = ContextWindow.start(sequence.length(), contextLength);
            int[] window = sequence.from(start);
            int trusted = Math.max(sequence.trusted() - start, 0);
            // the newest token is always fed: its logits are what the step is for
            int most = Math.min(trusted, window.length - 1);
            return new Member(sequence, start, window, Math.min(row.holds(start, window), most));
        }

        boolean decodes() {
            return held > 0 && held == window.length - 1;
        }
    }

    record Prefill(int slot, int start, int[] ids) {}

    static Batch of(List<Sequence> active, Slots slots, int contextLength) {
        var members = new ArrayList<Member>();
        var prefills = new ArrayList<Prefill>();
        var ids = new int[slots.count()];
        var positions = new int[slots.count()];
        Arrays.fill(positions, ModelRunner.IDLE);
        int rows = 0;
        for (int slot = 0; slot < active.size(); slot++) {
            var member = Member.of(active.get(slot), slots.row(slot), contextLength);
            members.add(member);
            if (member.decodes()) {
                ids[slot] = member.window[member.held];
                positions[slot] = member.held;
                rows = slot + 1;
            } else {
                var missing = Arrays.copyOfRange(member.window, member.held, member.window.length);
                prefills.add(new Prefill(slot, member.held, missing));
            }
        }
        return new Batch(
                List.copyOf(members), List.copyOf(prefills), Arrays.copyOf(ids, rows), Arrays.copyOf(positions, rows));
    }
}
