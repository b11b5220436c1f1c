package tinylm.inference;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/// What a step computed for one sequence.
sealed interface Forward {

    Batch.Member member();

    /// @param values (V), after the last token of the feed
    record Logits(Batch.Member member, float[] values) implements Forward {}

    record Broken(Batch.Member member, RuntimeException error) implements Forward {}

    /// What was computed, and how long that took one thread.
    record Piece(List<Forward> results, boolean isPrefill, Duration time) {

        static Piece of(boolean isPrefill, Supplier<List<Forward>> work) {
            long began = System.nanoTime();
            var results = work.get();
            return new Piece(results, isPrefill, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /// Computes a batch on all lanes: each prefill is a piece, and so are some rows of the decode. A failing piece
    /// breaks the sequences in it.
    static List<Piece> all(Batch batch, ModelRunner runner, Slots slots, Lanes lanes) {
        var pieces = new ArrayList<Supplier<Piece>>();
        batch.prefills().forEach(member -> pieces.add(() -> Piece.of(true, () -> prefill(member, runner))));
        for (var rows : lanes.cut(batch.ids().length, !pieces.isEmpty())) {
            var members = batch.decodes().stream()
                    .filter(member -> rows.from() <= member.slot() && member.slot() < rows.to())
                    .toList();
            if (!members.isEmpty()) {
                pieces.add(() -> Piece.of(false, () -> decode(members, batch, rows, runner)));
            }
        }
        var computed = lanes.all(pieces);
        computed.forEach(piece -> piece.results().forEach(result -> note(result, slots)));
        return computed;
    }

    private static List<Forward> prefill(Batch.Member member, ModelRunner runner) {
        try {
            return List.of(new Logits(member, runner.prefill(member.slot(), member.from(), member.tokens())));
        } catch (RuntimeException e) {
            return List.of(new Broken(member, e));
        }
    }

    private static List<Forward> decode(List<Batch.Member> members, Batch batch, Lanes.Rows rows, ModelRunner runner) {
        var results = new ArrayList<Forward>();
        try {
            float[][] logits = runner.decode(
                    rows.from(),
                    Arrays.copyOfRange(batch.ids(), rows.from(), rows.to()),
                    Arrays.copyOfRange(batch.positions(), rows.from(), rows.to()));
            members.forEach(member -> results.add(new Logits(member, logits[member.slot() - rows.from()])));
        } catch (RuntimeException e) {
            members.forEach(member -> results.add(new Broken(member, e)));
        }
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
