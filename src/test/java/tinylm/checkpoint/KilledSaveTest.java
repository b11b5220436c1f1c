package tinylm.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledSaveTest {

    @TempDir
    Path top;

    @Test
    void a_save_killed_at_any_instant_leaves_the_earlier_checkpoints_or_the_new_one() throws IOException {
        int instants = killAtEveryInstant(300, 300);
        assertTrue(instants > 60, "there were only " + instants + " instants");
    }

    @Test
    void saving_a_step_again_killed_at_any_instant_leaves_that_step() throws IOException {
        killAtEveryInstant(200, 777);
    }

    /// Saves steps 100 (the best), 150 and 200, then is killed at the next save; as often as it has instants.
    private int killAtEveryInstant(long step, long weightSeed) throws IOException {
        var contents = new CheckpointContents(
                TinyCheckpoint.CONFIG,
                TinyCheckpoint.TOKENIZER,
                TinyCheckpoint.weights(weightSeed),
                TinyCheckpoint.optimizer(weightSeed),
                TinyCheckpoint.provenance(step, 2.5));
        for (int instant = 0; ; instant++) {
            var run = top.resolve(step + "-" + instant);
            save(run, TinyCheckpoint.contents(100, 2));
            save(run, TinyCheckpoint.contents(150, 3));
            save(run, TinyCheckpoint.contents(200, 3));
            var disk = new FailingDisk(FailingDisk.Failure.KILL, instant);
            try {
                new Checkpoints(disk).saveInto(run, contents);
            } catch (FailingDisk.Killed expected) {
                assertTrue(disk.failed());
            }
            var message = "killed at instant " + instant;
            var newest = Checkpoints.newest(run, KilledSaveTest::unexpected).orElseThrow();
            long found = newest.manifest().orElseThrow().step();
            assertTrue(found == 200 || found == step, message + ": step " + found);
            var earlier = TinyCheckpoint.weights(200);
            assertTrue(
                    newest.weights().equals(contents.weights())
                            || found == 200 && newest.weights().equals(earlier),
                    message);
            assertEquals(100, CheckpointsTest.step(Checkpoints.best(run, KilledSaveTest::unexpected)), message);
            for (var link : List.of("best", "last")) {
                assertTrue(Files.isDirectory(run.resolve(link)), message + ": " + link + " leads nowhere");
            }
            save(run, TinyCheckpoint.contents(400, 4));
            assertEquals(400, CheckpointsTest.step(Checkpoints.newest(run, KilledSaveTest::unexpected)), message);
            assertEquals(List.of(), hidden(run), message);
            if (!disk.failed()) {
                return instant;
            }
        }
    }

    @Test
    void a_full_disk_is_told_and_takes_nothing_away() throws IOException {
        for (int instant = 0; ; instant++) {
            var run = top.resolve("full-" + instant);
            save(run, TinyCheckpoint.contents(100, 2));
            var disk = new FailingDisk(FailingDisk.Failure.FULL, instant);
            try {
                new Checkpoints(disk).saveInto(run, TinyCheckpoint.contents(200, 3));
            } catch (CheckpointException e) {
                assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
                assertTrue(e.getMessage().contains(run.toString()), e.getMessage());
            }
            assertEquals(100, CheckpointsTest.step(Checkpoints.best(run, KilledSaveTest::unexpected)));
            assertTrue(Checkpoints.newest(run, KilledSaveTest::unexpected).isPresent(), "full at instant " + instant);
            if (!Files.exists(run.resolve("step-000000200"))) {
                assertEquals(List.of(), hidden(run), "full at instant " + instant);
            }
            if (!disk.failed()) {
                return;
            }
        }
    }

    @Test
    void an_export_killed_at_any_instant_leaves_no_half_directory() throws IOException {
        var saved = save(top.resolve("run"), TinyCheckpoint.contents(100, 2));
        for (int instant = 0; ; instant++) {
            var target = top.resolve("shipped-" + instant + "/checkpoint");
            var disk = new FailingDisk(FailingDisk.Failure.KILL, instant);
            try {
                new Checkpoints(disk).exportTo(saved, target);
            } catch (FailingDisk.Killed expected) {
                if (!Files.exists(target)) {
                    new Checkpoints(FailingDisk.never()).exportTo(saved, target);
                    assertEquals(List.of(), hidden(target.getParent()));
                }
            }
            assertEquals(saved.weights(), Checkpoints.load(target).weights(), "killed at instant " + instant);
            if (!disk.failed()) {
                return;
            }
        }
    }

    @Test
    void what_dead_writers_left_goes_and_what_living_ones_write_stays() throws IOException {
        var run = top.resolve("run");
        long living = ProcessHandle.current().parent().orElseThrow().pid();
        var dead = Files.createDirectories(run.resolve(".step-000000900.new-99999999999.tmp/deep"));
        var alive = Files.createDirectories(run.resolve(".step-000000900.new-" + living + ".tmp"));
        var foreign = Files.createDirectories(run.resolve(".notes-of-mine.tmp"));
        Checkpoints.save(run, TinyCheckpoint.contents(100, 2));
        assertTrue(Files.notExists(dead.getParent()), "left by a dead writer");
        assertTrue(Files.exists(alive), "of a living writer");
        assertTrue(Files.exists(foreign), "of somebody else");
    }

    @Test
    void rubbish_is_deleted_without_following_links() throws IOException {
        var outside = Files.createDirectories(top.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "stays");
        var run = top.resolve("run");
        var dead = Files.createDirectories(run.resolve(".step-000000900.new-99999999999.tmp"));
        Files.createSymbolicLink(dead.resolve("link"), outside);
        Checkpoints.save(run, TinyCheckpoint.contents(100, 2));
        assertTrue(Files.notExists(dead, LinkOption.NOFOLLOW_LINKS));
        assertEquals("stays", Files.readString(outside.resolve("precious")));
    }

    @Test
    void a_place_where_nothing_can_be_written_is_named() throws IOException {
        var file = Files.writeString(top.resolve("file"), "no folder");
        var refusal =
                assertThrows(CheckpointException.class, () -> Checkpoints.save(file, TinyCheckpoint.contents(1, 1)));
        assertTrue(refusal.getMessage().contains(file.toString()), refusal.getMessage());
    }

    private static Checkpoint save(Path run, CheckpointContents contents) {
        return new Checkpoints(FailingDisk.never()).saveInto(run, contents);
    }

    private static List<String> hidden(Path run) throws IOException {
        try (var children = Files.list(run)) {
            return children.map(child -> child.getFileName().toString())
                    .filter(name -> name.startsWith("."))
                    .toList();
        }
    }

    private static void unexpected(String refusal) {
        throw new AssertionError(refusal);
    }
}
