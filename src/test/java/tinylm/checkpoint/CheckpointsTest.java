package tinylm.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

    @TempDir
    Path run;

    @Test
    void what_is_loaded_is_what_was_saved_bit_for_bit() {
        var contents = TinyCheckpoint.contents(200, 1.5);
        var saved = Checkpoints.save(run, contents);
        var loaded = Checkpoints.load(run.resolve("step-000000200"));
        assertEquals(saved, loaded);
        assertEquals(contents.config(), loaded.config());
        assertEquals(contents.tokenizer(), loaded.tokenizer());
        assertEquals(contents.weights(), loaded.weights());
        assertEquals(contents.optimizer(), loaded.optimizer());
        assertEquals(contents.provenance(), loaded.manifest().orElseThrow().provenance());
        assertEquals(
                List.copyOf(contents.weights().keySet()),
                List.copyOf(loaded.weights().keySet()));
    }

    @Test
    void an_unmeasured_loss_comes_back_unmeasured_and_is_never_preferred() {
        Checkpoints.save(run, TinyCheckpoint.contents(1, 4.0));
        Checkpoints.save(run, TinyCheckpoint.contents(2, Double.NaN));
        var newest = Checkpoints.newest(run, CheckpointsTest::unexpected).orElseThrow();
        assertTrue(Double.isNaN(newest.manifest().orElseThrow().validationLoss()));
        assertEquals(1, step(Checkpoints.best(run, CheckpointsTest::unexpected)));
    }

    @Test
    void the_newest_two_and_the_best_are_kept_and_the_links_follow() throws IOException {
        double[] losses = {4, 2, 3, 3.5, 3.2};
        for (int i = 0; i < losses.length; i++) {
            Checkpoints.save(run, TinyCheckpoint.contents(100 * (i + 1), losses[i]));
        }
        assertEquals(
                List.of("best", "last", "step-000000200", "step-000000400", "step-000000500"), List.copyOf(names()));
        assertEquals(Path.of("step-000000200"), Files.readSymbolicLink(run.resolve("best")));
        assertEquals(Path.of("step-000000500"), Files.readSymbolicLink(run.resolve("last")));
        assertEquals(500, step(Checkpoints.newest(run, CheckpointsTest::unexpected)));
        assertEquals(200, step(Checkpoints.best(run, CheckpointsTest::unexpected)));
        assertEquals(200, Checkpoints.load(run).manifest().orElseThrow().step());
        assertEquals(
                500,
                Checkpoints.load(run.resolve("last")).manifest().orElseThrow().step());
    }

    @Test
    void a_step_saved_again_takes_the_earlier_ones_place() throws IOException {
        Checkpoints.save(run, TinyCheckpoint.contents(100, 3));
        for (int again = 0; again < 3; again++) {
            var contents = new CheckpointContents(
                    TinyCheckpoint.CONFIG,
                    TinyCheckpoint.TOKENIZER,
                    TinyCheckpoint.weights(1000 + again),
                    Map.of(),
                    TinyCheckpoint.provenance(200, 2));
            Checkpoints.save(run, contents);
            assertEquals(
                    contents.weights(),
                    Checkpoints.newest(run, CheckpointsTest::unexpected)
                            .orElseThrow()
                            .weights());
            assertEquals(4, names().size(), names().toString());
        }
    }

    @Test
    void a_bad_checkpoint_is_skipped_with_a_sentence_and_never_counts_as_kept() throws IOException {
        Checkpoints.save(run, TinyCheckpoint.contents(100, 3));
        Checkpoints.save(run, TinyCheckpoint.contents(200, 2));
        Files.write(run.resolve("step-000000200/config.json"), new byte[] {'{', '}'});
        var refused = new ArrayList<String>();
        assertEquals(100, step(Checkpoints.newest(run, refused::add)));
        assertEquals(1, refused.size());
        assertTrue(refused.getFirst().contains("config.json"), refused.toString());
        assertEquals(100, Checkpoints.load(run).manifest().orElseThrow().step());
        Checkpoints.save(run, TinyCheckpoint.contents(300, 4));
        assertEquals(100, step(Checkpoints.best(run, refused::add)));
    }

    @Test
    void a_checkpoint_under_another_steps_name_is_refused() throws IOException {
        Checkpoints.save(run, TinyCheckpoint.contents(100, 3));
        Files.move(run.resolve("step-000000100"), run.resolve("step-000000900"));
        var refused = new ArrayList<String>();
        assertEquals(Optional.empty(), Checkpoints.newest(run, refused::add));
        assertTrue(refused.getFirst().contains("renamed"), refused.toString());
    }

    @Test
    void a_folder_without_checkpoints_has_none_and_says_so_when_asked_to_load() {
        assertEquals(Optional.empty(), Checkpoints.newest(run, CheckpointsTest::unexpected));
        assertEquals(Optional.empty(), Checkpoints.best(run.resolve("none"), CheckpointsTest::unexpected));
        assertThrows(CheckpointException.class, () -> Checkpoints.load(run));
        assertThrows(CheckpointException.class, () -> Checkpoints.load(run.resolve("none")));
    }

    @Test
    void an_export_has_everything_but_the_optimizer() {
        var saved = Checkpoints.save(run, TinyCheckpoint.contents(100, 3));
        var target = run.resolve("shipping/checkpoint");
        Checkpoints.export(saved, target);
        var loaded = Checkpoints.load(target);
        assertEquals(saved.weights(), loaded.weights());
        assertEquals(saved.sha256(), loaded.sha256());
        assertEquals(Map.of(), loaded.optimizer());
        assertFalse(Files.exists(target.resolve("optimizer.safetensors")));
        var refusal = assertThrows(CheckpointException.class, () -> Checkpoints.export(saved, target));
        assertTrue(refusal.getMessage().contains("exists"), refusal.getMessage());
    }

    @Test
    void a_directory_of_other_origin_loads_only_when_asked_for_without_a_voucher() throws IOException {
        var saved = Checkpoints.save(run, TinyCheckpoint.contents(100, 3));
        Files.delete(saved.directory().resolve("tinylm.json"));
        var refusal = assertThrows(CheckpointException.class, () -> Checkpoints.load(saved.directory()));
        assertTrue(refusal.getMessage().contains("tinylm.json"), refusal.getMessage());
        var loaded = Checkpoints.loadUnvouched(saved.directory());
        assertEquals(Optional.empty(), loaded.manifest());
        assertEquals(saved.weights(), loaded.weights());
        assertThrows(CheckpointException.class, () -> Checkpoints.export(loaded, run.resolve("copy")));
    }

    static long step(Optional<Checkpoint> checkpoint) {
        return checkpoint.orElseThrow().manifest().orElseThrow().step();
    }

    private static void unexpected(String refusal) {
        throw new AssertionError(refusal);
    }

    private TreeSet<String> names() throws IOException {
        try (var children = Files.list(run)) {
            var names = new TreeSet<String>();
            children.forEach(child -> names.add(child.getFileName().toString()));
            return names;
        }
    }
}
