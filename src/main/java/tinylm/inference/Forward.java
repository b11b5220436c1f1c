package tinylm.inference;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/// What a step computed for one sequence.
sealed interface Forward {

    Batch.Member member();

    /// @param values (V) each, after the last token of the feed and after each token ahead
    record Logits(Batch.Member member, List<float[]> values) implements Forward {}

    record Broken(Batch.Member member, RuntimeException error) implements Forward {}

    /// What was computed, and how long that took one thread.
    record Piece(List<Forward> results, boolean isPrefill, Duration time) {

        static Piece of(boolean isPrefill, Supplier<List<Forward>> work) {
            long began = System.nanoTime();
            var results = work.get();
            return new Piece(results, isPrefill, Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /// Computes a batch on all lanes: each prefill is a piece, and so are some rows of the decode, or each sequence
    /// that decodes ahead. A failing piece breaks the sequences in it.
    static List<Piece> all(Batch batch, ModelRunner runner, Lanes lanes) {
        var pieces = new ArrayList<Supplier<Piece>>();
        batch.prefills().forEach(member -> pieces.add(() -> Piece.of(true, () -> prefill(member, runner))));
        if (batch.isAhead()) {
            batch.decodes().forEach(member -> pieces.add(() -> Piece.of(false, () -> decodeAhead(member, runner))));
        } else {
            decodes(batch, runner, lanes, pieces);
        }
        var computed = lanes.all(pieces);
        computed.forEach(piece -> piece.results().forEach(Forward::note));
        return computed;
    }

    private static void decodes(Batch batch, ModelRunner runner, Lanes lanes, List<Supplier<Piece>> pieces) {
        for (var rows : lanes.cut(batch.ids().length, !pieces.isEmpty())) {
            var members = batch.decodes().stream()
                    .filter(member -> rows.from() <= member.slot() && member.slot() < rows.to())
                    .toList();
            if (!members.isEmpty()) {
                pieces.add(() -> Piece.of(false, () -> decode(members, batch, rows, runner)));
            }
        }
    }

    private static List<Forward> prefill(Batch.Member member, ModelRunner runner) {
        return one(member, () -> List.of(runner.prefill(member.slot(), member.from(), member.tokens())));
    }

    private static List<Forward> decodeAhead(Batch.Member member, ModelRunner runner) {
        return one(member, () -> List.of(runner.decodeAhead(member.slot(), member.from(), member.tokens())));
    }

    private static List<Forward> one(Batch.Member member, Supplier<List<float[]>> logits) {
        try {
            return List.of(new Logits(member, logits.get()));
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
            members.forEach(member -> results.add(new Logits(member, List.of(logits[member.slot() - rows.from()]))));
        } catch (RuntimeException e) {
            members.forEach(member -> results.add(new Broken(member, e)));
        }
        return results;
    }

    private static void note(Forward result) {
        switch (result) {
            case Logits logits -> logits.member().keep();
            case Broken broken -> broken.member().row().clear();
        }
    }
}
