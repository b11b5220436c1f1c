package tinylm.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;

/// Two machines, `here` and `there`, that have nothing in common but a store.
class S3StoreTest {

    private static final String RUN = "run-1";
    private static final String FIRST = "step-000000100";
    private static final String SECOND = "step-000000200";
    private static final String THIRD = "step-000000300";

    @TempDir
    static Path server;

    private static S3Server s3;

    @TempDir
    Path folder;

    private CheckpointStore store;
    private Path here;
    private Path there;

    @BeforeAll
    static void start() throws IOException {
        s3 = new S3Server(server);
        s3.useHere();
    }

    @AfterAll
    static void stop() {
        s3.close();
    }

    @BeforeEach
    void open() throws IOException {
        var address = "s3://" + S3Server.BUCKET + "/" + folder.getFileName();
        store = CheckpointStore.of(Optional.of(address), folder.resolve("none"), folder.resolve("cache"));
        here = Files.createDirectories(folder.resolve("here/" + RUN));
        there = Files.createDirectories(folder.resolve("there/" + RUN));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void fetch(Path run) {
        store.fetchFiles(run);
        store.fetchCheckpoints(run, _ -> false);
    }

    private static Checkpoint save(Path run, long step) {
        return Babble.save(run, "abc", 8, step, step);
    }

    private static Optional<Long> newest(Path run) {
        return Checkpoints.newest(run, _ -> {})
                .map(one -> one.manifest().orElseThrow().step());
    }

    /// A file of a run in the store.
    private Path stored(String name) {
        return s3.bucket()
                .resolve(folder.getFileName().toString())
                .resolve("runs")
                .resolve(RUN)
                .resolve(name);
    }

    private static List<String> names(Path directory) throws IOException {
        try (var children = Files.list(directory)) {
            return children.filter(child -> !Files.isSymbolicLink(child))
                    .map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void what_one_machine_wrote_is_gone_on_from_on_another() throws IOException {
        var saved = save(here, 100);
        Files.writeString(here.resolve("job.json"), "{}");
        Files.writeString(here.resolve(".lock"), "");
        store.put(here, "job.json");
        store.put(here);
        fetch(there);
        assertEquals(List.of("job.json", FIRST), names(there));
        assertEquals(saved.sha256(), Checkpoints.load(there).sha256());

        save(there, 200);
        Files.writeString(there.resolve("job.json"), "a worker's copy");
        store.put(there);
        fetch(here);
        assertEquals(List.of(".lock", "job.json", FIRST, SECOND), names(here));
        assertEquals("{}", Files.readString(stored("job.json")), "it is the server's");
        fetch(there);
        assertEquals("a worker's copy", Files.readString(there.resolve("job.json")));
    }

    @Test
    void a_checkpoint_that_did_not_arrive_in_full_is_none_and_is_completed_by_the_next_save() throws IOException {
        save(here, 100);
        store.put(here);
        save(here, 200);
        store.put(here);
        Files.delete(stored(SECOND).resolve("tinylm.json")); // it is the last to be written
        fetch(there);
        assertEquals(List.of(FIRST), names(there));
        store.put(here);
        fetch(there);
        assertEquals(List.of(FIRST, SECOND), names(there));
        assertEquals(Optional.of(200L), newest(there));
    }

    @Test
    void a_checkpoint_that_was_spoilt_in_the_store_is_refused_and_the_one_before_it_taken() throws IOException {
        save(here, 100);
        save(here, 200);
        store.put(here);
        var weights = stored(SECOND).resolve("model.safetensors");
        var bytes = Files.readAllBytes(weights);
        bytes[bytes.length / 2] ^= 1;
        Files.write(weights, bytes);
        fetch(there);
        assertEquals(Optional.of(100L), newest(there));
    }

    @Test
    void what_a_worker_keeps_no_more_is_not_kept_and_its_history_is() throws IOException {
        Checkpoints.export(save(here, 100), here.resolve("history").resolve(FIRST));
        store.put(here);
        for (long step = 200; step <= 400; step += 100) {
            save(here, step);
            store.put(here);
        }
        assertEquals(
                names(here).stream().filter(name -> name.startsWith("step")).toList(), steps());
        assertEquals(2, steps().size());
        assertTrue(Files.exists(stored("history/" + FIRST + "/tinylm.json")));
    }

    private List<String> steps() throws IOException {
        return names(stored("")).stream()
                .filter(name -> name.startsWith("step"))
                .toList();
    }

    @Test
    void a_worker_that_was_lost_and_still_writes_harms_nothing_newer() throws IOException {
        save(here, 100);
        store.put(here);
        fetch(there);
        save(there, 200);
        save(there, 300);
        store.put(there);
        save(here, 200); // the same bits, later
        store.put(here);
        assertTrue(steps().containsAll(List.of(SECOND, THIRD)), () -> steps(stored("")));
    }

    private static String steps(Path path) {
        return String.valueOf(path.toFile().list());
    }

    @Test
    void a_run_that_goes_back_has_what_came_after_nowhere() throws IOException {
        Checkpoints.export(save(here, 200), here.resolve("history").resolve(SECOND));
        save(here, 100);
        store.put(here);
        store.removeAfter(RUN, 100);
        fetch(here);
        assertEquals(Optional.of(100L), newest(here));
        assertFalse(Files.exists(stored("history/" + SECOND + "/tinylm.json")));
        store.removeAfter(RUN, -1);
        assertFalse(Files.exists(stored(FIRST).resolve("tinylm.json")));
    }

    @Test
    void reports_that_were_not_sent_are_sent_by_the_next_machine_beside_its_own() throws IOException {
        save(here, 100);
        var unsent = Files.writeString(here.resolve("unsent.jsonl"), "old");
        store.put(here);
        var own = there.resolve("unsent.jsonl");
        fetch(there);
        assertEquals("\nold", Files.readString(own));
        Files.writeString(own, "being written");
        fetch(there);
        fetch(there);
        assertEquals("being written\nold", Files.readString(own));
        Files.delete(unsent);
        store.put(here);
        Files.delete(own);
        fetch(there);
        assertEquals(List.of(FIRST), names(there));
    }

    @Test
    void reports_are_there_before_the_checkpoint_that_they_are_of() throws IOException {
        save(here, 100);
        Files.writeString(here.resolve("unsent.jsonl"), "of step 100");
        var spoilt = Files.createDirectories(here.resolve(SECOND));
        Files.createSymbolicLink(spoilt.resolve("tinylm.json"), Path.of("nowhere"));
        assertThrows(RuntimeException.class, () -> store.put(here)); // breaks off amid the second checkpoint
        assertEquals("of step 100", Files.readString(stored("unsent.jsonl")));
    }

    @Test
    void what_could_not_be_uploaded_is_gone_on_from_if_it_is_of_the_run_as_it_is_now() {
        save(here, 100);
        store.put(here);
        save(here, 200);
        save(here, 300);
        store.fetchCheckpoints(here, _ -> true);
        assertEquals(Optional.of(300L), newest(here));
        store.fetchCheckpoints(here, place -> place.endsWith(SECOND));
        assertEquals(Optional.of(200L), newest(here));
        store.put(here);
        save(there, 150);
        store.fetchCheckpoints(there, _ -> true);
        assertEquals(Optional.of(200L), newest(there));
        assertFalse(Files.exists(there.resolve("step-000000150")), "older than what the store has");
    }

    @Test
    void a_worker_that_is_about_to_report_fetches_its_job_alone() throws IOException {
        save(here, 100);
        Files.writeString(here.resolve("job.json"), "{}");
        store.put(here, "job.json");
        store.put(here);
        save(there, 50);
        store.fetchFiles(there);
        assertEquals(List.of("job.json", "step-000000050"), names(there));
    }

    @Test
    void without_a_checkpoint_in_the_store_a_folders_own_stay_if_they_are_of_the_run_as_it_is_now() {
        save(here, 100);
        store.fetchCheckpoints(here, _ -> true);
        assertEquals(Optional.of(100L), newest(here));
        store.fetchCheckpoints(here, _ -> false);
        assertEquals(Optional.empty(), newest(here));
    }

    @Test
    void a_server_reads_what_it_asks_for_and_what_is_new() throws IOException {
        assertEquals(List.of(), store.runs());
        assertFalse(Files.exists(store.read(RUN, _ -> true)));
        Checkpoints.export(save(here, 100), here.resolve("history").resolve(FIRST));
        Files.writeString(here.resolve("log.txt"), "one");
        store.put(here);
        assertEquals(List.of(RUN), store.runs());
        var read = store.read(RUN, "log.txt"::equals);
        assertEquals(List.of("log.txt"), names(read));
        store.read(RUN, ("history/" + FIRST)::equals);
        assertEquals(List.of("history", "log.txt"), names(read));
        store.read(RUN, CheckpointStore.CHECKPOINTS);
        assertEquals(Optional.of(100L), newest(read));

        for (long step = 200; step <= 500; step += 100) {
            save(here, step);
        }
        Files.writeString(here.resolve("log.txt"), "one, two");
        store.put(here);
        store.read(RUN, CheckpointStore.CHECKPOINTS.or("log.txt"::equals));
        assertEquals("one, two", Files.readString(read.resolve("log.txt")));
        assertEquals(Optional.of(500L), newest(read));
        assertFalse(Files.exists(read.resolve(FIRST)), "the store has it no more");
    }

    @Test
    void of_many_runs_the_last_that_were_read_stay_on_the_disk() throws IOException {
        for (int run = 0; run < 12; run++) {
            var one = Files.createDirectories(folder.resolve("here/run-" + run));
            Files.writeString(one.resolve("log.txt"), "log of " + run);
            store.put(one);
        }
        assertEquals(12, store.runs().size());
        for (int run = 0; run < 12; run++) {
            var read = store.read("run-" + run, _ -> true);
            assertEquals("log of " + run, Files.readString(read.resolve("log.txt")));
        }
        var cache = folder.resolve("cache/read-" + ProcessHandle.current().pid());
        assertEquals(8, names(cache).size());
        store.close();
        assertFalse(Files.exists(cache));
        var killed = Files.createDirectories(folder.resolve("cache/read-999999999999"));
        open();
        assertFalse(Files.exists(killed));
    }

    @Test
    void a_text_is_there_for_all() throws IOException {
        var sha256 = "ab".repeat(32);
        var text = Files.writeString(folder.resolve("text"), "to learn");
        var copy = folder.resolve("elsewhere/copy");
        store.fetchText(copy, sha256);
        assertFalse(Files.exists(copy));
        store.putText(text, sha256);
        store.fetchText(copy, sha256);
        assertEquals("to learn", Files.readString(copy));
        store.deleteText(sha256);
        store.fetchText(folder.resolve("other"), sha256);
        assertFalse(Files.exists(folder.resolve("other")));
    }

    @Test
    void names_that_lead_elsewhere_are_left_out() throws IOException {
        Files.createDirectories(stored("evil"));
        for (var name : List.of("evil/tinylm.json", ".hidden", "-option")) {
            Files.writeString(stored(name), "{}");
        }
        fetch(there);
        assertEquals(List.of(), names(there));
        assertThrows(IllegalArgumentException.class, () -> store.read("..", _ -> true));
    }

    @Test
    void a_store_that_is_away_is_told_in_a_sentence() throws IOException {
        int nobody;
        try (var free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        System.setProperty("aws.endpointUrlS3", "http://127.0.0.1:" + nobody);
        try (var away = CheckpointStore.of(Optional.of("s3://checkpoints"), folder, folder.resolve("away"))) {
            save(here, 100);
            for (var action : Stream.<Runnable>of(
                            away::runs,
                            () -> away.put(here),
                            () -> away.fetchCheckpoints(here, _ -> true),
                            () -> away.fetchFiles(here),
                            () -> away.read(RUN, _ -> true),
                            () -> away.deleteText("ab"))
                    .toList()) {
                var failure = assertThrows(StoreException.class, action::run);
                assertTrue(
                        failure.getMessage().startsWith("The store s3://checkpoints cannot be used: "),
                        failure.getMessage());
            }
            assertEquals(Optional.of(100L), newest(here), "nothing is lost");
        } finally {
            s3.useHere();
        }
    }

    @Test
    void a_bucket_that_is_not_there_is_told_in_a_sentence() {
        try (var other = CheckpointStore.of(Optional.of("s3://nobodys"), folder, folder.resolve("other"))) {
            var failure = assertThrows(StoreException.class, () -> other.read(RUN, _ -> true));
            assertTrue(failure.getMessage().contains("bucket"), failure.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"checkpoints", "s3://", "s3://A", "http://host/bucket", "s3://bucket/../other", "s3://b ucket"})
    void what_is_no_address_is_refused(String address) {
        var refused = assertThrows(
                IllegalArgumentException.class,
                () -> CheckpointStore.of(Optional.of(address), folder, folder.resolve("cache")));
        assertEquals(
                "tinylm.training.store must be s3://bucket or s3://bucket/folder, but is \"" + address + "\".",
                refused.getMessage());
    }
}
