package tinylm.inference;

import java.time.Duration;
import java.util.ArrayList;
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

    /// Computes a batch on all lanes: each prefill is a piece, and so are some slots of the decode. A failing piece
    /// breaks the sequences in it.
    static List<Piece> all(Batch batch, ModelRunner runner, Lanes lanes) {
        var pieces = new ArrayList<Supplier<Piece>>();
        batch.prefills().forEach(member -> pieces.add(() -> Piece.of(true, () -> prefill(member, runner))));
        decodes(batch, runner, lanes, pieces);
        var computed = lanes.all(pieces);
        computed.forEach(piece -> piece.results().forEach(Forward::note));
        return computed;
    }

    private static void decodes(Batch batch, ModelRunner runner, Lanes lanes, List<Supplier<Piece>> pieces) {
        var costs = batch.prefills().stream().map(Batch.Member::cost).toList();
        for (var cut : lanes.cut(batch.decodedSlots(), costs).reversed()) { // the largest piece first
            var members = batch.decodes().stream()
                    .filter(member -> cut.from() <= member.slot() && member.slot() < cut.to())
                    .toList();
            if (!members.isEmpty()) {
                pieces.add(() -> Piece.of(false, () -> decode(members, cut, runner)));
            }
        }
    }

    private static List<Forward> prefill(Batch.Member member, ModelRunner runner) {
        try {
            var logits = runner.prefill(member.slot(), member.from(), member.tokens());
            return List.of(new Logits(member, List.of(logits)));
        } catch (RuntimeException e) {
            return List.of(new Broken(member, e));
        }
    }

    private static List<Forward> decode(List<Batch.Member> members, Lanes.Cut cut, ModelRunner runner) {
        int[][] ids = new int[cut.to() - cut.from()][0];
        int[] starts = new int[ids.length];
        for (var member : members) {
            ids[member.slot() - cut.from()] = member.tokens();
            starts[member.slot() - cut.from()] = member.from();
        }
        try {
            float[][][] logits = runner.decode(cut.from(), ids, starts);
            return members.stream()
                    .<Forward>map(member -> new Logits(member, List.of(logits[member.slot() - cut.from()])))
                    .toList();
        } catch (RuntimeException e) {
            return members.stream()
                    .<Forward>map(member -> new Broken(member, e))
                    .toList();
        }
    }

    private static void note(Forward result) {
        switch (result) {
            case Logits logits -> logits.member().keep();
            case Broken broken -> broken.member().row().clear();
        }
    }
}
