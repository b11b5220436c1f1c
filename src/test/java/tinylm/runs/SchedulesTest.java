package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tinylm.runs.Report.Phase;
import tinylm.runs.Schedule.Missed;
import tinylm.runs.Schedule.Overlap;
import tinylm.store.CheckpointStore;
import tinylm.text.Corpus;
import tinylm.text.CorpusCatalog;

/// Holds on every database that is supported.
abstract class SchedulesTest {

    /// A server that follows another waits for it for a while.
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
    private static final Cron EVERY_SECOND = Cron.parse("* * * * * ?");
    private static final Cron NIGHTLY = Cron.parse("0 2 * * *");

    @TempDir
    Path folder;

    private final FakeLauncher launcher = new FakeLauncher();
    private final FakeAlarm alarm = new FakeAlarm();
    private final Clock clock = Clock.fixed(Instant.parse("2030-01-01T00:00:00Z"), ZoneOffset.UTC);
    private Instant time = clock.instant();
    private DataSource database;
    private Runs runs;
    private Schedules schedules;

    /// An empty one.
    abstract DataSource emptyDatabase() throws Exception;

    abstract boolean isShared();

    @BeforeEach
    void open() throws Exception {
        database = emptyDatabase();
        Flyway.configure().dataSource(database).locations("db/migration").load().migrate();
        OwnCatalog.write(folder);
        runs = server();
        schedules = new Schedules(database, runs, alarm, clock);
    }

    private Runs server() {
        return new Runs(
                database,
                new Runs.Settings(folder.resolve("runs"), 1, Duration.ofSeconds(10), 3, 4),
                new Corpora(
                        CorpusCatalog.read(folder.resolve("corpora.json")),
                        folder,
                        database,
                        CheckpointStore.onVolume(folder.resolve("runs")),
                        Clock.systemUTC()),
                launcher,
                CheckpointStore.onVolume(folder.resolve("runs")),
                Clock.systemUTC());
    }

    @Test
    void a_schedule_is_kept_as_it_was_asked_for_and_has_the_alarm_set() {
        var schedule = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE);
        assertEquals(Set.of(schedule.id()), alarm.ids());
        var kept = schedules.get(schedule.id());
        assertEquals(schedule.order(), kept.order());
        assertEquals("0 2 * * *", kept.timing().cron().text());
        assertEquals(
                List.of("2030-01-01T01:00:00Z", "2030-01-02T01:00:00Z"),
                schedules.next(kept, 2).stream().map(Instant::toString).toList());
        assertEquals(Schedule.Last.NOTHING, kept.last());
        assertEquals(1, schedules.list().size());
    }

    @Test
    void a_paused_schedule_has_no_alarm_and_no_next_time_until_it_is_resumed() {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        var paused = schedules.pause(id);
        assertEquals(Set.of(), alarm.ids());
        assertEquals(List.of(), schedules.next(paused, 5));
        fire(id); // an alarm that was on its way
        assertEquals(List.of(), runs.list());
        var resumed = schedules.resume(id);
        assertEquals(Set.of(id), alarm.ids());
        assertEquals(5, schedules.next(resumed, 5).size());
    }

    @Test
    void a_fire_queues_a_run_that_knows_its_schedule() {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        fire(id);
        var run = runs.list().getFirst();
        assertEquals(RunState.QUEUED, run.state());
        assertEquals("nightly", run.order().name());
        assertEquals(25, run.order().config().steps());
        assertEquals(Optional.of(id), run.order().schedule());
        var last = schedules.get(id).last();
        assertEquals(Optional.of(run.id()), last.run());
        assertEquals(Optional.of(clock.instant()), last.firedAt());
        assertEquals("Queued " + run.id() + ".", last.outcome());
        assertEquals(run, runs.get(run.id()));
    }

    @Test
    void a_time_that_two_servers_fire_for_starts_one_run() {
        var id = create(NIGHTLY, Overlap.QUEUE, Missed.FIRE_ONCE).id();
        var other = new Schedules(database, runs, new FakeAlarm(), clock);
        var time = clock.instant();
        schedules.fire(id, time);
        other.fire(id, time);
        other.fire(id, time.minusSeconds(1));
        assertEquals(1, runs.list().size());
        other.fire(id, time.plusSeconds(1));
        assertEquals(2, runs.list().size());
        schedules.fireNow(id);
        schedules.fire(id, time.plusSeconds(1));
        assertEquals(3, runs.list().size());
    }

    @ParameterizedTest
    @EnumSource
    void while_a_run_has_not_ended_the_overlap_policy_says_what_a_fire_does(Overlap overlap) {
        var id = create(NIGHTLY, overlap, Missed.FIRE_ONCE).id();
        runs.start(Optional.empty(), "demo", "own", Map.of()); // somebody else's
        fire(id);
        var first = newest(id);
        fire(id);
        var outcome = schedules.get(id).last().outcome();
        var second = newest(id);
        switch (overlap) {
            case SKIP -> {
                assertEquals(first, second);
                assertEquals("Skipped, because " + first + " has not ended.", outcome);
            }
            case QUEUE -> {
                assertNotEquals(first, second);
                assertEquals(RunState.QUEUED, runs.get(first).state());
                assertEquals("Queued " + second + ".", outcome);
            }
            case REPLACE -> {
                assertNotEquals(first, second);
                assertEquals(RunState.STOPPED, runs.get(first).state());
                assertEquals("Stopped " + first + " and queued " + second + ".", outcome);
            }
        }
        assertEquals(overlap == Overlap.SKIP ? 2 : 3, runs.list().size());
    }

    @Test
    void a_run_that_has_a_worker_is_replaced_when_the_worker_has_saved() {
        var id = create(NIGHTLY, Overlap.REPLACE, Missed.FIRE_ONCE).id();
        fire(id);
        var first = newest(id);
        runs.tick();
        report(first, Phase.TRAINING);
        fire(id);
        assertEquals(RunState.STOPPING, runs.get(first).state());
        runs.tick();
        assertEquals(RunState.QUEUED, runs.get(newest(id)).state());
        report(first, Phase.STOPPED);
        runs.tick();
        assertEquals(RunState.STARTING, runs.get(newest(id)).state());
    }

    @Test
    void a_run_that_has_ended_is_in_nobodys_way() {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        fire(id);
        var first = newest(id);
        runs.tick();
        report(first, Phase.SUCCEEDED);
        fire(id);
        assertNotEquals(first, newest(id));
    }

    @ParameterizedTest
    @EnumSource
    void a_cancelled_run_is_in_nobodys_way(Overlap overlap) {
        var id = create(NIGHTLY, overlap, Missed.FIRE_ONCE).id();
        fire(id);
        var first = newest(id);
        runs.cancel(first);
        fire(id);
        assertNotEquals(first, newest(id));
        assertEquals("Queued " + newest(id) + ".", outcomeOf(id));
    }

    @Test
    void a_run_that_nobody_takes_up_any_more_is_in_nobodys_way() {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        fire(id);
        var first = newest(id);
        for (int attempt = 0; attempt < 3; attempt++) {
            runs.tick();
            fire(id);
            assertEquals(first, newest(id));
            report(first, Phase.INTERRUPTED);
        }
        assertEquals(RunState.INTERRUPTED, runs.get(first).state());
        fire(id);
        assertNotEquals(first, newest(id));
    }

    @Test
    void fires_at_the_same_instant_do_not_get_past_the_overlap_policy() throws Exception {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        try (var threads = Executors.newFixedThreadPool(8)) {
            Callable<Schedule> fire = () -> schedules.fireNow(id);
            for (var fired : threads.invokeAll(Collections.nCopies(8, fire))) {
                fired.get();
            }
        }
        assertEquals(1, runs.list().size());
    }

    @Test
    void each_run_learns_the_text_that_has_the_name_then() throws Exception {
        var id = create(NIGHTLY, Overlap.QUEUE, Missed.FIRE_ONCE).id();
        fire(id);
        var before = runs.get(newest(id)).order();
        var grown = Files.readString(folder.resolve("corpora/own.txt")) + "And one line more.\n";
        OwnCatalog.write(folder, grown);
        runs = server(); // the catalog is read when a server starts
        schedules = new Schedules(database, runs, alarm, clock);
        fire(id);
        var after = runs.get(newest(id)).order();
        assertEquals(before.corpus(), after.corpus());
        assertNotEquals(before.corpusSha256(), after.corpusSha256());
        assertEquals(Corpus.of("own", grown.getBytes(StandardCharsets.UTF_8)).sha256(), after.corpusSha256());
    }

    @Test
    void what_hinders_a_run_when_the_time_has_come_is_told_as_the_outcome() throws Exception {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        Files.writeString(folder.resolve("corpora/own.txt"), "another text", StandardCharsets.UTF_8);
        fire(id);
        assertEquals(List.of(), runs.list());
        var last = schedules.get(id).last();
        assertTrue(last.outcome().startsWith("No run was started: "), last.outcome());
        assertEquals(Optional.of(clock.instant()), last.firedAt());
    }

    @Test
    void what_no_run_could_be_started_with_is_refused_and_nothing_is_kept() {
        var timing = timing(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE);
        refused("preset", new Schedule.Order("n", "huge", "own", Map.of()), timing);
        refused("corpus", new Schedule.Order("n", "demo", "other", Map.of()), timing);
        refused("nHead", new Schedule.Order("n", "demo", "own", Map.of("nHead", 7)), timing);
        refused("banana", new Schedule.Order("n", "demo", "own", Map.of("banana", 7)), timing);
        refused("name", new Schedule.Order(" ", "demo", "own", Map.of()), timing);
        refused("cron", order(), timing(Cron.parse("0 0 30 2 *"), Overlap.SKIP, Missed.FIRE_ONCE));
        assertEquals(List.of(), schedules.list());
        assertEquals(Set.of(), alarm.ids());
    }

    private void refused(String param, Schedule.Order order, Schedule.Timing timing) {
        var refused = assertThrows(RunRefused.class, () -> schedules.create(order, timing), param);
        assertEquals(param, refused.param());
    }

    @Test
    void a_schedule_is_replaced_as_a_whole_and_deleted_without_its_runs() {
        var id = create(NIGHTLY, Overlap.SKIP, Missed.FIRE_ONCE).id();
        fire(id);
        var replaced = schedules.replace(
                id,
                new Schedule.Order("weekly", "small", "own", Map.of()),
                timing(Cron.parse("@weekly"), Overlap.QUEUE, Missed.SKIP));
        assertEquals("weekly", replaced.order().name());
        assertEquals(schedules.get(id).order(), replaced.order());
        assertEquals(Optional.of(newest(id)), replaced.last().run());
        schedules.delete(id);
        assertEquals(Set.of(), alarm.ids());
        assertEquals(1, runs.list().size());
        for (var action : List.<Runnable>of(
                () -> schedules.get(id),
                () -> schedules.delete(id),
                () -> schedules.pause(id),
                () -> schedules.fireNow(id),
                () -> schedules.replace(id, order(), timing(NIGHTLY, Overlap.SKIP, Missed.SKIP)))) {
            var refused = assertThrows(RunRefused.class, action::run);
            assertEquals(RunRefused.Kind.NO_SCHEDULE, refused.kind());
        }
        fire(id); // an alarm that was on its way
        schedules.missed(id);
        assertEquals(1, runs.list().size());
    }

    @ParameterizedTest
    @EnumSource
    void a_schedule_fires_by_the_clock_and_its_policy_says_what_is_done_about_missed_times(Missed missed)
            throws Exception {
        String id;
        try (var server = new QuartzAlarm(database, isShared(), Duration.ofMillis(500))) {
            var first = new Schedules(database, runs, server, Clock.systemUTC());
            first.start();
            var schedule = first.create(order(), timing(EVERY_SECOND, Overlap.SKIP, missed));
            id = schedule.id();
            Awaitility.await().until(() -> !runs.list().isEmpty());
            runs.stop(newest(id));
            first.replace(
                    id, order(), timing(hourlyAt(Instant.now().plus(Duration.ofMinutes(30))), Overlap.SKIP, missed));
        }
        // it may have fired once more until then
        runs.list().stream().filter(run -> run.state() == RunState.QUEUED).forEach(run -> runs.stop(run.id()));
        int before = runs.list().size();
        // the time comes while nobody is there
        try (var connection = database.getConnection();
                var passed = connection.prepareStatement("update qrtz_triggers set next_fire_time = ?")) {
            passed.setLong(1, Instant.now().minusSeconds(5).toEpochMilli());
            assertEquals(1, passed.executeUpdate());
        }
        try (var server = new QuartzAlarm(database, isShared(), Duration.ofMillis(500))) {
            var second = new Schedules(database, runs, server, Clock.systemUTC());
            second.start();
            switch (missed) {
                case FIRE_ONCE -> {
                    Awaitility.await().atMost(PATIENCE).until(() -> runs.list().size() == before + 1);
                    assertEquals("Queued " + newest(id) + ".", outcomeOf(id));
                }
                case SKIP -> {
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .until(() -> outcomeOf(id).startsWith("Missed"));
                    assertEquals(before, runs.list().size());
                }
            }
        }
    }

    private static Cron hourlyAt(Instant instant) {
        var time = instant.atZone(ZONE);
        return Cron.parse("%d %d * * * ?".formatted(time.getSecond(), time.getMinute()));
    }

    @Test
    void a_server_that_starts_anew_has_forgotten_no_schedule() {
        var id = create(EVERY_SECOND, Overlap.SKIP, Missed.FIRE_ONCE).id(); // its alarm is lost with the server
        try (var server = new QuartzAlarm(database, isShared(), Duration.ofMinutes(1))) {
            new Schedules(database, runs, server, Clock.systemUTC()).start();
            Awaitility.await().until(() -> runs.list().size() == 1);
            assertEquals(Optional.of(id), runs.list().getFirst().order().schedule());
        }
    }

    @Test
    void what_a_server_was_doing_when_it_was_killed_is_done_by_the_next_and_once() throws Exception {
        String id;
        try (var server = new QuartzAlarm(database, isShared(), Duration.ofMinutes(1))) {
            var first = new Schedules(database, runs, server, Clock.systemUTC());
            first.start();
            var later = hourlyAt(Instant.now().plus(Duration.ofMinutes(30)));
            id = first.create(order(), timing(later, Overlap.QUEUE, Missed.FIRE_ONCE))
                    .id();
        }
        var time = Instant.now().minusSeconds(5);
        for (int kill = 0; kill < 2; kill++) {
            wasFiring(id, time);
            try (var server = new QuartzAlarm(database, isShared(), Duration.ofMinutes(1))) {
                new Schedules(database, runs, server, Clock.systemUTC()).start();
                Awaitility.await().atMost(PATIENCE).until(() -> firing() == 0);
            }
            assertEquals(1, runs.list().size());
        }
    }

    /// Leaves what a killed server leaves.
    private void wasFiring(String id, Instant time) throws SQLException {
        try (var connection = database.getConnection();
                var row = connection.prepareStatement(
                        "insert into qrtz_fired_triggers (sched_name, entry_id,"
                                + " trigger_name, trigger_group, instance_name, fired_time, sched_time, priority, state,"
                                + " job_name, job_group, is_nonconcurrent, requests_recovery) select sched_name, 'entry',"
                                + " trigger_name, trigger_group, ?, ?, ?, priority, 'EXECUTING', job_name, job_group, true,"
                                + " (select requests_recovery from qrtz_job_details) from qrtz_triggers where trigger_name = ?")) {
            row.setString(1, isShared() ? "killed" : "NON_CLUSTERED");
            row.setLong(2, time.toEpochMilli());
            row.setLong(3, time.toEpochMilli());
            row.setString(4, id);
            assertEquals(1, row.executeUpdate());
        }
    }

    /// How many alarms some server has in its hands.
    private long firing() throws SQLException {
        try (var connection = database.getConnection();
                var rows = connection
                        .createStatement()
                        .executeQuery("select (select count(*) from qrtz_fired_triggers)"
                                + " + (select count(*) from qrtz_triggers where trigger_group = 'RECOVERING_JOBS')")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private String outcomeOf(String id) {
        return schedules.get(id).last().outcome();
    }

    private Schedule create(Cron cron, Overlap overlap, Missed missed) {
        return schedules.create(order(), timing(cron, overlap, missed));
    }

    private static Schedule.Order order() {
        return new Schedule.Order("nightly", "demo", "own", Map.of("steps", 25));
    }

    private static Schedule.Timing timing(Cron cron, Overlap overlap, Missed missed) {
        return new Schedule.Timing(cron, ZONE, overlap, missed);
    }

    private String newest(String id) {
        return schedules.get(id).last().run().orElseThrow();
    }

    /// The next time has come.
    private void fire(String id) {
        schedules.fire(id, time = time.plusSeconds(1));
    }

    private void report(String id, Phase phase) {
        runs.report(id, launcher.worker(id).token(), Reports.of(phase, ""));
    }
}
