package tinylm.inference;

import java.util.ArrayList;
import java.util.List;

/// What a step computed for one sequence.
sealed interface Forward {

    Sequence sequence();

    /// @param values (V), after the newest token
    record Logits(Sequence sequence, float[] values) implements Forward {}

    record Broken(Sequence sequence, RuntimeException error) implements Forward {}

    /// Runs a batch and notes in `slots` what the rows hold now. A failing prefill breaks its own sequence, a failing
    /// decode all that took part in it.
    static List<Forward> run(Batch batch, ModelRunner runner, Slots slots) {
        var results = new Forward[batch.members().size()];
        for (var prefill : batch.prefills()) {
            int slot = prefill.slot();
            var sequence = batch.members().get(slot).sequence();
            try {
                results[slot] = new Logits(sequence, runner.prefill(slot, prefill.start(), prefill.ids()));
            } catch (RuntimeException e) {
                results[slot] = new Broken(sequence, e);
            }
        }
        decode(batch, runner, results);
        for (int slot = 0; slot < results.length; slot++) {
            note(results[slot], batch.members().get(slot), slots.row(slot));
        }
        return List.of(results);
    }

    private static void decode(Batch batch, ModelRunner runner, Forward[] results) {
        if (batch.ids().length == 0) {
            return;
        }
        var decoding = new ArrayList<Integer>();
        for (int slot = 0; slot < results.length; slot++) {
            if (batch.members().get(slot).decodes()) {
                decoding.add(slot);
            }
        }
        try {
            float[][] logits = runner.decode(batch.ids(), batch.positions());
            for (int slot : decoding) {
                results[slot] = new Logits(batch.members().get(slot).sequence(), logits[slot]);
            }
        } catch (RuntimeException e) {
            for (int slot : decoding) {
                results[slot] = new Broken(batch.members().get(slot).sequence(), e);
            }
        }
    }

    private static void note(Forward result, Batch.Member member, Slots.Row row) {
        switch (result) {
            case Logits logits -> {
                row.keep(member.windowStart(), member.window());
                logits.sequence().fed(member.held());
            }
            case Broken broken -> row.clear();
        }
    }
}
