package tinylm.runs;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import tinylm.store.StoreException;
import tinylm.text.CorpusException;

/// Runs that start by the clock: what people may ask of schedules, and what is done when the time has come. All of it
/// is in the database, so it outlives the server. Any thread.
public final class Schedules implements Alarm.Listener {

    private static final int LONGEST_CONFIG = 10_000;
    private static final int LONGEST_OUTCOME = 1000;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final ScheduleStore store;
    private final Runs runs;
    private final Alarm alarm;
    private final Clock clock;

    /// @param database that of the runs
    public Schedules(DataSource database, Runs runs, Alarm alarm, Clock clock) {
        this.store = new ScheduleStore(database);
        this.runs = runs;
        this.alarm = alarm;
        this.clock = clock;
    }

    /// Begins to start runs.
    public void start() {
        store.list().forEach(this::setAlarm);
        alarm.start(this);
    }

    /// @throws RunRefused when something of it is not allowed
    public Schedule create(Schedule.Order order, Schedule.Timing timing) {
        var schedule = new Schedule(
                "schedule-" + HexFormat.of().toHexDigits(RANDOM.nextInt()),
                checked(order),
                checked(timing),
                false,
                clock.instant().truncatedTo(ChronoUnit.MICROS), // as a database keeps it
                Schedule.Last.NOTHING);
        store.inTransaction(handle -> {
            store.insert(handle, schedule);
            return schedule;
        });
        return setAlarm(schedule);
    }

    /// Has another order and timing from now on.
    ///
    /// @throws RunRefused when something of it is not allowed
    public Schedule replace(String id, Schedule.Order order, Schedule.Timing timing) {
        get(id);
        var newOrder = checked(order);
        var newTiming = checked(timing);
        return setAlarm(change(id, schedule -> schedule.with(newOrder, newTiming)));
    }

    /// Has it fire no more until it is resumed. What is missed until then is nobody's loss.
    public Schedule pause(String id) {
        return setAlarm(change(id, schedule -> schedule.paused(true)));
    }

    public Schedule resume(String id) {
        return setAlarm(change(id, schedule -> schedule.paused(false)));
    }

    /// Its runs stay.
    public void delete(String id) {
        get(id);
        alarm.cancel(id); // first: an alarm for nothing would never end
        store.inTransaction(handle -> {
            store.delete(handle, id);
            return id;
        });
    }

    /// @throws RunRefused when there is no such schedule
    public Schedule get(String id) {
        return store.find(id).orElseThrow(() -> notFound(id));
    }

    /// The newest first.
    public List<Schedule> list() {
        return store.list();
    }

    /// When it fires next; nothing while it is paused.
    public List<Instant> next(Schedule schedule, int count) {
        return schedule.paused()
                ? List.of()
                : next(schedule.timing().cron(), schedule.timing().zone(), count);
    }

    /// When a schedule would fire next.
    public List<Instant> next(Cron cron, ZoneId zone, int count) {
        return cron.next(clock.instant(), zone, count);
    }

    /// @throws RunRefused when there is no such time zone
    public static ZoneId zone(String name) {
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            var shown = name.length() <= 60 ? name : name.substring(0, 59) + "…";
            throw RunRefused.invalid(
                    "timeZone",
                    "There is no time zone \"" + shown + "\"; they are written as in Europe/Berlin or UTC.");
        }
    }

    @Override
    public void fire(String id, Instant time) {
        // it may just have been paused or deleted
        store.find(id).filter(schedule -> !schedule.paused()).ifPresent(_ -> fire(id, Optional.of(time)));
    }

    @Override
    public void missed(String id) {
        store.find(id)
                .ifPresent(_ -> change(
                        id,
                        schedule -> schedule.with(new Schedule.Last(
                                schedule.last().firedAt(),
                                schedule.last().run(),
                                "Missed, because no server was there; nothing was started."))));
    }

    /// Does what is to be done when the time has come, even while it is paused. Whatever comes of it is the
    /// last outcome.
    public Schedule fireNow(String id) {
        return fire(id, Optional.empty());
    }

    /// @param time does nothing when something was done for it before
    private Schedule fire(String id, Optional<Instant> time) {
        var schedule = get(id);
        var order = schedule.order();
        try {
            var run = runs.draft(
                    Optional.of(order.name()), order.preset(), order.corpus(), order.config(), Optional.of(id));
            return store.inTransaction(handle -> {
                var now = store.lock(handle, id).orElseThrow(() -> notFound(id));
                if (time.isPresent() && !store.take(handle, id, time.get())) {
                    return now;
                }
                var after = now.with(started(handle, now, run));
                store.update(handle, after);
                return after;
            });
        } catch (RunRefused | CorpusException | StoreException e) {
            return change(id, now -> now.with(outcome(now, Optional.empty(), "No run was started: " + e.getMessage())));
        }
    }

    private Schedule.Last started(Handle handle, Schedule schedule, Run run) {
        var unended = runs.unended(handle, schedule.id());
        var names = unended.stream().map(Run::id).collect(Collectors.joining(", "));
        return switch (schedule.timing().overlap()) {
            case QUEUE -> queued(handle, schedule, run, "Queued ");
            case SKIP ->
                unended.isEmpty()
                        ? queued(handle, schedule, run, "Queued ")
                        : outcome(schedule, Optional.empty(), "Skipped, because " + names + " has not ended.");
            case REPLACE -> {
                unended.forEach(one -> runs.stop(handle, one.id()));
                yield queued(
                        handle, schedule, run, unended.isEmpty() ? "Queued " : "Stopped " + names + " and queued ");
            }
        };
    }

    private Schedule.Last queued(Handle handle, Schedule schedule, Run run, String words) {
        runs.insert(handle, run);
        return outcome(schedule, Optional.of(run.id()), words + run.id() + ".");
    }

    private Schedule.Last outcome(Schedule schedule, Optional<String> run, String sentence) {
        return new Schedule.Last(
                Optional.of(clock.instant().truncatedTo(ChronoUnit.MICROS)),
                run.or(() -> schedule.last().run()),
                sentence.length() <= LONGEST_OUTCOME ? sentence : sentence.substring(0, LONGEST_OUTCOME - 1) + "…");
    }

    /// Whatever a run would be refused for is refused before it is time.
    private Schedule.Order checked(Schedule.Order order) {
        var run =
                runs.draft(Optional.of(order.name()), order.preset(), order.corpus(), order.config(), Optional.empty());
        if (ScheduleStore.json(order.config()).length() > LONGEST_CONFIG) {
            throw RunRefused.invalid("config", "A schedule's config has at most " + LONGEST_CONFIG + " characters.");
        }
        return new Schedule.Order(
                run.order().name(), run.order().preset(), run.order().corpus(), order.config());
    }

    private Schedule.Timing checked(Schedule.Timing timing) {
        if (next(timing.cron(), timing.zone(), 1).isEmpty()) {
            throw neverHappens();
        }
        return timing;
    }

    public static RunRefused neverHappens() {
        return RunRefused.invalid(Cron.PARAM, "There is no such time, so nothing would ever be started.");
    }

    private Schedule setAlarm(Schedule schedule) {
        if (schedule.paused()) {
            alarm.cancel(schedule.id());
        } else {
            alarm.set(schedule);
        }
        return schedule;
    }

    private Schedule change(String id, UnaryOperator<Schedule> to) {
        return store.inTransaction(handle -> {
            var after = to.apply(store.lock(handle, id).orElseThrow(() -> notFound(id)));
            store.update(handle, after);
            return after;
        });
    }

    private static RunRefused notFound(String id) {
        return new RunRefused(RunRefused.Kind.NO_SCHEDULE, "id", "There is no schedule \"" + id + "\".");
    }
}
