package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.runs.RunState.CANCELLED;
import static tinylm.runs.RunState.FAILED;
import static tinylm.runs.RunState.INTERRUPTED;
import static tinylm.runs.RunState.PAUSED;
import static tinylm.runs.RunState.QUEUED;
import static tinylm.runs.RunState.RUNNING;
import static tinylm.runs.RunState.STARTING;
import static tinylm.runs.RunState.STOPPED;
import static tinylm.runs.RunState.STOPPING;
import static tinylm.runs.RunState.SUCCEEDED;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tinylm.checkpoint.Babble;
import tinylm.runs.Report.Phase;
import tinylm.store.CheckpointStore;
import tinylm.text.CorpusCatalog;

/// Holds on every database that is supported.
abstract class RunsTest {

    private static final String FIELDS =
            "batchSize, clip, contextLength, curriculum, decay, dropout, evaluationInterval,"
                    + " learningRate, muonLearningRate, nEmbd, nHead, nLayer, optimizer, patience, seed, steps, warmup,"
                    + " weightDecay";
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final int MOST_WAITING = 5;

    @TempDir
    Path folder;

    private final FakeLauncher launcher = new FakeLauncher();
    private final HandClock clock = new HandClock();
    private DataSource database;
    private Runs runs;

    /// An empty one.
    abstract DataSource emptyDatabase() throws Exception;

    @BeforeEach
    void open() throws Exception {
        database = emptyDatabase();
        Flyway.configure().dataSource(database).locations("db/migration").load().migrate();
        OwnCatalog.write(folder);
        runs = server();
    }

    private Runs server() {
        return new Runs(
                database,
                new Runs.Settings(folder.resolve("runs"), 1, LEASE, 3, MOST_WAITING),
                corpora(),
                launcher,
                CheckpointStore.onVolume(folder.resolve("runs")),
                clock);
    }

    private Corpora corpora() {
        return new Corpora(
                CorpusCatalog.read(folder.resolve("corpora.json")),
                folder,
                database,
                CheckpointStore.onVolume(folder.resolve("runs")),
                clock);
    }

    @Test
    void a_new_run_is_queued_and_its_worker_gets_the_job() throws Exception {
        var run = runs.start(Optional.of("first"), "demo", "own", Map.of("steps", 40, "seed", 7));
        assertEquals(QUEUED, run.state());
        assertEquals(run, runs.get(run.id()));
        runs.tick();
        assertEquals(STARTING, runs.get(run.id()).state());
        var job = launcher.worker(run.id()).job();
        assertEquals(40, job.config().steps());
        assertEquals(7, job.config().seed());
        assertEquals(0, job.seconds());
        assertTrue(job.config().model().vocabSize() < 65, "the alphabet is the corpus' own");
        assertEquals(run.order().config(), job.config());
        assertTrue(Files.exists(job.corpus()));
        assertEquals(1_000, runs.get(run.id()).worker().orElseThrow().pid());
    }

    @Test
    void a_search_queues_a_run_for_each_combination_or_none() {
        var grid = new LinkedHashMap<String, List<Object>>();
        grid.put("dropout", List.of(0, 0.1));
        grid.put("seed", List.of(1, 2));
        var all = new Grid(grid, OptionalInt.empty(), 1);
        var found = runs.search(Optional.of("s".repeat(100)), "demo", "own", Map.of("steps", 40), all);
        assertEquals(4, found.size());
        assertEquals(
                "dropout 0, seed 1: " + "s".repeat(80) + "…",
                found.getFirst().order().name());
        assertEquals(0.1, found.get(3).order().config().model().dropout());
        assertEquals(2, found.get(3).order().config().seed());
        assertEquals(40, found.get(3).order().config().steps());
        assertThrows(RunRefused.class, () -> runs.search(Optional.of("s".repeat(101)), "demo", "own", Map.of(), all));
        // two more do not fit into the queue of five, so neither comes
        var two = new Grid(Map.of("dropout", List.of(0.2, 0.3)), OptionalInt.empty(), 1);
        var original = found.getFirst().id();
        assertThrows(
                RunRefused.class, () -> runs.searchAround(original, Optional.empty(), Optional.empty(), Map.of(), two));
        assertEquals(4, runs.list().size());
        runs.stop(found.getLast().id());
        var around = runs.searchAround(original, Optional.of("near"), Optional.empty(), Map.of(), two);
        assertEquals(List.of("dropout 0.2: near", "dropout 0.3: near"), names(around));
        assertEquals(40, around.getFirst().order().config().steps());
        var both = assertThrows(
                RunRefused.class,
                () -> runs.searchAround(original, Optional.empty(), Optional.empty(), Map.of("dropout", 0.1), two));
        assertEquals("A field is in the config or in the grid, not in both.", both.getMessage());
    }

    private static List<String> names(List<Run> runs) {
        return runs.stream().map(run -> run.order().name()).toList();
    }

    @Test
    void one_run_at_a_time_is_worked_on_and_the_others_wait_in_the_order_in_which_they_came() {
        var ids = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            clock.pass(Duration.ofMillis(1));
            ids.add(start().id());
        }
        runs.tick();
        runs.tick();
        var all = runs.list();
        assertEquals(ids.reversed(), all.stream().map(Run::id).toList());
        assertEquals(List.of(STARTING, QUEUED, QUEUED), states(ids));
        assertEquals(OptionalLong.empty(), Runs.queuePosition(all, runs.get(ids.get(0))));
        assertEquals(OptionalLong.of(1), Runs.queuePosition(all, runs.get(ids.get(1))));
        assertEquals(OptionalLong.of(2), Runs.queuePosition(all, runs.get(ids.get(2))));
        report(ids.get(0), Phase.SUCCEEDED, "Done.");
        runs.tick();
        assertEquals(List.of(SUCCEEDED, STARTING, QUEUED), states(ids));
    }

    private List<RunState> states(List<String> ids) {
        return ids.stream().map(id -> runs.get(id).state()).toList();
    }

    @Test
    void reports_move_the_run_on_and_coming_twice_changes_nothing() {
        var id = start().id();
        runs.tick();
        var report = new Report(
                Phase.TRAINING,
                "",
                77,
                1 << 20,
                Optional.of(new Eta(12.5, 11, 14)),
                List.of(step(1, 4.0), step(2, 3.5)),
                List.of(new Report.Evaluation(2, OptionalDouble.of(3.75), 3.25, 0.2)),
                List.of(new Report.Sample(2, "<b>Oh</b> \u00e9\ud83d\ude00")),
                List.of(
                        new Report.Kept(0, OptionalDouble.empty(), "a".repeat(64)),
                        new Report.Kept(2, OptionalDouble.of(3.25), "b".repeat(64))),
                OptionalLong.empty());
        for (int i = 0; i < 2; i++) {
            assertEquals(
                    Wanted.GO_ON,
                    runs.report(id, launcher.worker(id).token(), report).wanted());
        }
        var run = runs.get(id);
        assertEquals(RUNNING, run.state());
        assertEquals(2, run.progress().step());
        assertEquals(OptionalDouble.of(3.5), run.progress().trainLoss());
        assertEquals(OptionalDouble.of(3.25), run.progress().bestValidationLoss());
        assertEquals(report.eta(), run.progress().eta());
        assertEquals(77, run.worker().orElseThrow().pid());
        assertEquals(report.steps(), runs.steps(id, -1));
        assertEquals(report.steps().subList(1, 2), runs.steps(id, 1));
        assertEquals(report.evaluations(), runs.evaluations(id, -1));
        assertEquals(report.samples(), runs.samples(id, -1));
        assertEquals(report.checkpoints(), runs.checkpoints(id));
        assertEquals(
                List.of("QUEUED STARTING", "STARTING RUNNING"),
                runs.changes(id).stream()
                        .map(change -> change.from() + " " + change.to())
                        .toList());
    }

    @Test
    void pause_resume_and_stop_reach_the_worker_and_the_state_says_what_is_and_not_what_was_asked() {
        var id = start().id();
        runs.tick();
        report(id, Phase.TRAINING, "");
        assertEquals(RUNNING, runs.pause(id).state());
        assertEquals(Wanted.PAUSE, report(id, Phase.TRAINING, ""));
        assertTrue(runs.get(id).status().reason().startsWith("Pausing"));
        assertEquals(Wanted.PAUSE, report(id, Phase.PAUSED, "Paused at step 3."));
        assertEquals(PAUSED, runs.get(id).state());
        assertEquals("Paused at step 3.", runs.get(id).status().reason());
        runs.resume(id);
        assertEquals(Wanted.GO_ON, report(id, Phase.PAUSED, "Paused at step 3."));
        assertEquals(PAUSED, runs.get(id).state());
        report(id, Phase.TRAINING, "");
        assertEquals(RUNNING, runs.get(id).state());
        assertEquals(STOPPING, runs.stop(id).state());
        assertEquals(Wanted.STOP, report(id, Phase.TRAINING, ""));
        assertEquals(STOPPING, runs.get(id).state());
        report(id, Phase.STOPPED, "Stopped at step 9.");
        assertEquals(STOPPED, runs.get(id).state());
        assertTrue(runs.get(id).endedAt().isPresent());
    }

    @Test
    void a_worker_that_falls_silent_is_lost_and_another_goes_on_until_there_were_enough() {
        var id = start().id();
        for (int attempt = 1; attempt <= 3; attempt++) {
            runs.tick();
            assertEquals(STARTING, runs.get(id).state());
            assertEquals(attempt, runs.get(id).status().attempts());
            report(id, Phase.TRAINING, "");
            clock.pass(LEASE);
            runs.tick();
            assertEquals(RUNNING, runs.get(id).state());
            clock.pass(Duration.ofMillis(1));
            runs.tick();
            assertEquals(INTERRUPTED, runs.get(id).state());
            assertEquals(attempt, launcher.killed().size());
        }
        runs.tick();
        assertEquals(INTERRUPTED, runs.get(id).state());
        assertEquals(3, launcher.launched().size());
        runs.resume(id);
        runs.tick();
        assertEquals(4, launcher.launched().size());
    }

    @Test
    void a_worker_that_lost_its_run_is_told_so_and_changes_nothing() {
        var id = start().id();
        runs.tick();
        report(id, Phase.TRAINING, "");
        var old = launcher.worker(id).token();
        clock.pass(LEASE.plusMillis(1));
        runs.tick();
        runs.tick();
        runs.tick();
        assertNotEquals(old, launcher.worker(id).token());
        for (var token : List.of(old, "", "0".repeat(64))) {
            var late =
                    assertThrows(RunRefused.class, () -> runs.report(id, token, Reports.of(Phase.SUCCEEDED, "Done.")));
            assertEquals(RunRefused.Kind.LEASE_LOST, late.kind());
        }
        assertEquals(STARTING, runs.get(id).state());
    }

    @Test
    void a_server_that_starts_anew_has_forgotten_nothing_and_gives_workers_time_to_report() {
        var id = start().id();
        runs.tick();
        report(id, Phase.TRAINING, "");
        var waiting = start().id();
        var before = runs.list();
        clock.pass(Duration.ofHours(1));
        runs = server();
        assertEquals(before, runs.list());
        runs.tick();
        assertEquals(RUNNING, runs.get(id).state());
        assertEquals(QUEUED, runs.get(waiting).state());
        report(id, Phase.TRAINING, "");
        clock.pass(LEASE);
        runs.tick();
        assertEquals(RUNNING, runs.get(id).state());
    }

    @Test
    void a_worker_that_saved_because_its_machine_ends_is_followed_by_another() {
        var id = start().id();
        runs.tick();
        report(id, Phase.INTERRUPTED, "The worker was told to end.");
        assertEquals(INTERRUPTED, runs.get(id).state());
        runs.tick();
        assertEquals(STARTING, runs.get(id).state());
    }

    @Test
    void a_worker_that_cannot_be_started_fails_the_run_with_the_reason_and_the_next_one_is_taken() {
        var id = start().id();
        launcher.refusal = "no such java";
        runs.tick();
        assertEquals(FAILED, runs.get(id).state());
        assertEquals(
                "No worker could be started: no such java",
                runs.get(id).status().reason());
    }

    @Test
    void a_corpus_that_is_gone_fails_the_run_with_the_reason() throws Exception {
        var id = start().id();
        Files.delete(folder.resolve("corpora/own.txt"));
        runs.tick();
        assertEquals(FAILED, runs.get(id).state());
        assertTrue(
                runs.get(id).status().reason().contains("own"),
                runs.get(id).status().reason());
    }

    @Test
    void an_extended_run_goes_on_with_more_steps_and_a_clone_is_a_new_one() {
        var id = start().id();
        runs.tick();
        report(id, Phase.SUCCEEDED, "Done.");
        var extended = runs.extend(id, 30);
        assertEquals(QUEUED, extended.state());
        assertEquals(50, extended.order().config().steps());
        assertEquals(Optional.empty(), extended.endedAt());
        var clone = runs.clone(id, Optional.empty(), Optional.empty(), Map.of("seed", 9));
        assertNotEquals(id, clone.id());
        assertEquals(9, clone.order().config().seed());
        assertEquals(extended.order().config().model(), clone.order().config().model());
    }

    @Test
    void without_its_text_a_run_is_neither_extended_nor_resumed_and_stays_as_it_is() throws Exception {
        var id = start().id();
        runs.tick();
        report(id, Phase.STOPPED, "Stopped.");
        var stopped = runs.get(id);
        Files.delete(folder.resolve("corpora/own.txt"));
        for (Executable action : List.<Executable>of(() -> runs.extend(id, 5), () -> runs.resume(id))) {
            assertRefused("", "own, is not there any more", action);
        }
        assertEquals(stopped, runs.get(id));
    }

    @Test
    void a_clone_may_learn_another_text_with_its_alphabet() throws Exception {
        var original = start();
        var text = "Another alphabet, \u00e9\u00e8\u00ea. ".repeat(60);
        corpora().upload("other", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), 1 << 20);
        var clone = runs.clone(original.id(), Optional.of("again"), Optional.of("other"), Map.of("seed", 9));
        assertEquals("again", clone.order().name());
        assertEquals("other", clone.order().corpus());
        assertEquals(
                text.chars().distinct().count(), clone.order().config().model().vocabSize());
        assertEquals(
                original.order().config().curriculum(), clone.order().config().curriculum());
        assertRefused(
                "corpus",
                "there is own, distant, other",
                () -> runs.clone(original.id(), Optional.empty(), Optional.of("none"), Map.of()));
    }

    @Test
    void a_worker_that_ends_without_a_word_is_lost_at_once_and_one_that_said_so_is_not() {
        var id = start().id();
        runs.tick();
        report(id, Phase.TRAINING, "");
        launcher.worker(id).ended().accept(137);
        assertEquals(INTERRUPTED, runs.get(id).state());
        assertEquals(
                "Its worker ended without a word, with exit code 137.",
                runs.get(id).status().reason());
        runs.tick();
        var next = launcher.worker(id);
        launcher.launched().getFirst().ended().accept(137); // the old one again: nobody's loss
        assertEquals(STARTING, runs.get(id).state());
        report(id, Phase.SUCCEEDED, "Done.");
        next.ended().accept(0);
        assertEquals(SUCCEEDED, runs.get(id).state());
    }

    @Test
    void only_so_many_runs_may_wait() {
        for (int i = 0; i < MOST_WAITING; i++) {
            start();
        }
        assertRefused("", "At most 5 runs may wait", this::start);
        runs.tick();
        start();
    }

    @Test
    void a_cancelled_run_loses_its_checkpoints_and_keeps_its_curve_and_log() throws Exception {
        var id = start().id();
        runs.tick();
        var log = Files.writeString(runs.directory(id).resolve(ProcessLauncher.LOG), "step 1");
        var saved = Babble.save(runs.directory(id), "abc", 8, 1, 1);
        new History(runs.directory(id)).keep(saved);
        runs.report(
                id,
                launcher.worker(id).token(),
                new Report(
                        Phase.TRAINING,
                        "",
                        5,
                        0,
                        Optional.empty(),
                        List.of(step(1, 4.0)),
                        List.of(),
                        List.of(),
                        List.of(new Report.Kept(1, OptionalDouble.of(4.2), saved.sha256())),
                        OptionalLong.empty()));
        assertEquals(STOPPING, runs.cancel(id).state());
        assertEquals(Wanted.CANCEL, report(id, Phase.TRAINING, ""));
        runs.tick();
        assertTrue(Files.exists(saved.directory()), "the worker may still write");
        report(id, Phase.STOPPED, "Stopped.");
        runs.tick();
        assertEquals(CANCELLED, runs.get(id).state());
        assertEquals(List.of(log), filesOf(runs.directory(id), "log.txt"));
        assertEquals(List.of(), filesOf(runs.directory(id), "safetensors"));
        assertEquals(1, runs.steps(id, -1).size());
        assertEquals(List.of(), runs.checkpoints(id));
    }

    @Test
    void a_run_whose_worker_is_lost_while_it_is_cancelled_is_cancelled() {
        var id = start().id();
        runs.tick();
        runs.cancel(id);
        clock.pass(LEASE.plusMillis(1));
        runs.tick();
        assertEquals(CANCELLED, runs.get(id).state());
    }

    @Test
    void a_run_that_goes_astray_is_tried_again_with_half_the_rate_twice_and_forgets_what_was_spoilt() {
        var id = start().id();
        double rate = runs.get(id).order().config().learningRate();
        for (int halvings = 1; halvings <= 2; halvings++) {
            runs.tick();
            diverge(id, 10);
            var run = runs.get(id);
            assertEquals(QUEUED, run.state());
            assertEquals(halvings, run.status().halvings());
            assertTrue(
                    run.status()
                            .reason()
                            .endsWith("Goes back to step 10 with half the learning rate (" + halvings
                                    + " of at most 2 times)."),
                    run.status().reason());
            rate /= 2;
            assertEquals(rate, run.order().config().learningRate());
            assertEquals(10, run.progress().step());
            assertEquals(List.of(step(10, 3.0)), runs.steps(id, -1));
            assertEquals(List.of(), runs.evaluations(id, -1));
        }
        runs.tick();
        assertEquals(rate, launcher.worker(id).job().config().learningRate());
        diverge(id, 10);
        assertEquals(FAILED, runs.get(id).state());
        assertTrue(
                runs.get(id).status().reason().contains("halved 2 times"),
                runs.get(id).status().reason());
    }

    private void diverge(String id, long backTo) {
        runs.report(
                id,
                launcher.worker(id).token(),
                new Report(
                        Phase.DIVERGED,
                        "The loss is no number after step 12.",
                        5,
                        0,
                        Optional.empty(),
                        List.of(step(10, 3.0), step(11, 30.0), step(12, 300.0)),
                        List.of(new Report.Evaluation(12, OptionalDouble.empty(), 99, 1)),
                        List.of(),
                        List.of(),
                        OptionalLong.of(backTo)));
    }

    private static List<Path> filesOf(Path folder, String ending) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .toList();
        }
    }

    /// What people may ask for, in which states.
    private static final Map<String, Set<RunState>> ALLOWED = Map.of(
            "pause", Set.of(RUNNING),
            "resume", Set.of(PAUSED, STOPPED, FAILED, INTERRUPTED),
            "stop", Set.of(QUEUED, INTERRUPTED, STARTING, RUNNING, PAUSED, STOPPING),
            "cancel", Set.of(QUEUED, INTERRUPTED, STARTING, RUNNING, PAUSED, STOPPING, STOPPED, FAILED, CANCELLED),
            "extend", Set.of(STOPPED, SUCCEEDED));

    @ParameterizedTest
    @EnumSource
    void in_every_state_exactly_what_makes_sense_can_be_asked_for(RunState state) {
        Map<String, Function<String, Run>> actions = new HashMap<>();
        actions.put("pause", id -> runs.pause(id));
        actions.put("resume", id -> runs.resume(id));
        actions.put("stop", id -> runs.stop(id));
        actions.put("cancel", id -> runs.cancel(id));
        actions.put("extend", id -> runs.extend(id, 5));
        actions.forEach((name, action) -> {
            var run = inState(state);
            assertEquals(state, run.state());
            if (ALLOWED.get(name).contains(state)) {
                action.apply(run.id());
            } else {
                var refused = assertThrows(RunRefused.class, () -> action.apply(run.id()), name + " when " + state);
                assertEquals(RunRefused.Kind.CONFLICT, refused.kind());
                assertTrue(refused.getMessage().contains(state.name()), refused.getMessage());
                assertEquals(run, runs.get(run.id()));
            }
            finishAll();
        });
    }

    private Run inState(RunState state) {
        var id = start().id();
        if (state != QUEUED) {
            runs.tick();
        }
        switch (state) {
            case QUEUED, STARTING -> {}
            case RUNNING -> report(id, Phase.TRAINING, "");
            case PAUSED -> report(id, Phase.PAUSED, "Paused.");
            case STOPPING -> runs.stop(id);
            case STOPPED -> report(id, Phase.STOPPED, "Stopped.");
            case FAILED -> report(id, Phase.FAILED, "The disk is full.");
            case INTERRUPTED -> report(id, Phase.INTERRUPTED, "Told to end.");
            case SUCCEEDED -> report(id, Phase.SUCCEEDED, "Done.");
            case CANCELLED -> {
                runs.cancel(id);
                report(id, Phase.STOPPED, "Stopped.");
            }
        }
        return runs.get(id);
    }

    private void finishAll() {
        for (var run : runs.list()) {
            if (run.worker().isPresent()) {
                report(run.id(), Phase.FAILED, "Over.");
            } else if (run.state() == QUEUED || run.state() == INTERRUPTED) {
                runs.stop(run.id());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "steps|0|Steps must lie in 1..10,000,000, but is 0.",
                "steps|1.5|steps must be a whole number below 2147483648.",
                "steps|'many'|steps must be a whole number below 2147483648.",
                "steps|99999999999|steps must be a whole number below 2147483648.",
                "learningRate|2|Learning rate must be above 0 and at most 1, but is 2.0.",
                "learningRate|1e308|Learning rate must be above 0 and at most 1, but is 1.0E308.",
                "optimizer|'sgd'|optimizer must be one of ADAMW, MUON.",
                "optimizer|1|optimizer must be one of ADAMW, MUON.",
                "seed|null|seed must be a whole number.",
                "dropout|1|",
                "optimizer|null|optimizer must be one of ADAMW, MUON.",
                "decay|null|decay must be one of COSINE, LINEAR.",
                "curriculum|null|curriculum must be a list like [{'contextLength': 64, 'until': 0.25}].",
                "curriculum|[null]|curriculum must be a list like [{'contextLength': 64, 'until': 0.25}].",
                "curriculum|[64]|curriculum must be a list like [{'contextLength': 64, 'until': 0.25}].",
                "learningRate|'fast'|learningRate must be a number.",
                "nHead|3|nHead must divide nEmbd, but 128 % 3 is not 0.",
                "contextLength|16|",
                "batchSize|[]|batchSize must be a whole number below 2147483648.",
                "size|1|A config has no field 'size'; it has " + FIELDS + ".",
                "model|{}|A config has no field 'model'; it has " + FIELDS + "."
            })
    void a_wrong_value_is_refused_by_name_and_nothing_is_queued(String field, String json, String sentence) {
        Object value = WorkerJson.read(json.replace('\'', '"'), Object.class);
        var changes = new HashMap<String, Object>();
        changes.put("batchSize", 4);
        changes.put(field, value);
        var refused = assertThrows(RunRefused.class, () -> runs.start(Optional.empty(), "demo", "own", changes));
        assertEquals(RunRefused.Kind.INVALID, refused.kind());
        assertEquals(field, refused.param());
        if (sentence != null) {
            assertEquals(sentence, refused.getMessage().replace('"', '\''));
        }
        assertTrue(runs.list().isEmpty());
    }

    @Test
    void of_several_wrong_values_one_is_told_with_what_is_wrong_with_it() {
        var changes = new LinkedHashMap<String, Object>();
        changes.put("batchSize", 4);
        changes.put("learningRate", 1e308);
        changes.put("steps", "abc");
        changes.put("evaluationInterval", -7);
        var refused = assertThrows(RunRefused.class, () -> runs.start(Optional.empty(), "demo", "own", changes));
        assertEquals("learningRate", refused.param());
        assertEquals("Learning rate must be above 0 and at most 1, but is 1.0E308.", refused.getMessage());
    }

    @Test
    void unknown_presets_corpora_names_and_runs_are_refused_with_what_there_is() {
        assertRefused(
                "preset",
                "demo, small, default, record, original",
                () -> runs.start(Optional.empty(), "huge", "own", Map.of()));
        assertRefused("corpus", "there is own", () -> runs.start(Optional.empty(), "demo", "../own", Map.of()));
        for (var name : List.of("", " ", "x".repeat(101), "a\nb", "\ud800")) {
            assertRefused("name", "1 to 100", () -> runs.start(Optional.of(name), "demo", "own", Map.of()));
        }
        assertRefused(
                "nEmbd",
                "at most 200,000,000 parameters",
                () -> runs.start(Optional.empty(), "demo", "own", Map.of("nEmbd", 16_384)));
        assertRefused("id", "no run \"x\"", () -> runs.get("x"));
        assertRefused("id", "no run \"x\"", () -> runs.stop("x"));
        assertFalse(Files.exists(folder.resolve("runs")));
    }

    private static void assertRefused(String param, String part, Executable action) {
        var refused = assertThrows(RunRefused.class, action);
        assertEquals(param, refused.param());
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }

    private Run start() {
        return runs.start(Optional.empty(), "demo", "own", Map.of("steps", 20));
    }

    private Wanted report(String id, Phase phase, String sentence) {
        return runs.report(id, launcher.worker(id).token(), Reports.of(phase, sentence))
                .wanted();
    }

    private static Report.Step step(long step, double loss) {
        return new Report.Step(step, loss, 1e-3, 1.5, 10_000, 1 << 20, step * 0.1);
    }

    /// Moves when told to.
}
