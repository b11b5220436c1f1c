package tinylm.inference;

import java.util.ArrayList;
import java.util.List;

/// What a step computed for one sequence.
sealed interface Forward {

    Batch.Member member();

    /// @param values (V), after the last token of the feed
    record Logits(Batch.Member member, float[] values) implements Forward {}

    record Broken(Batch.Member member, RuntimeException error) implements Forward {}

    /// Prefills of a batch, one after the other; a failing one breaks its own sequence.
    static List<Forward> prefill(Batch batch, ModelRunner runner, Slots slots) {
        var results = new ArrayList<Forward>();
        for (var member : batch.prefills()) {
            try {
                results.add(new Logits(member, runner.prefill(member.slot(), member.from(), member.tokens())));
            } catch (RuntimeException e) {
                results.add(new Broken(member, e));
            }
        }
        results.forEach(result -> note(result, slots));
        return results;
    }

    /// All decodes of a batch at once; a failure breaks all that took part.
    static List<Forward> decode(Batch batch, ModelRunner runner, Slots slots) {
        var results = new ArrayList<Forward>();
        if (batch.decodes().isEmpty()) {
            return results;
        }
        try {
            float[][] logits = runner.decode(batch.ids(), batch.positions());
            batch.decodes().forEach(member -> results.add(new Logits(member, logits[member.slot()])));
        } catch (RuntimeException e) {
            batch.decodes().forEach(member -> results.add(new Broken(member, e)));
        }
        results.forEach(result -> note(result, slots));
        return results;
    }

    private static void note(Forward result, Slots slots) {
        var member = result.member();
        var row = slots.row(member.slot());
        switch (result) {
            case Logits logits -> row.keep(member.view(), member.to());
            case Broken broken -> row.clear();
        }
    }
}
