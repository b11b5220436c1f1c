package tinylm.runs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Update;

/// The schedules in the database. Holds no rule: what may happen is in [Schedules]. Any thread.
final class ScheduleStore {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Jdbi jdbi;

    ScheduleStore(DataSource database) {
        this.jdbi = Jdbi.create(database);
    }

    /// All or nothing.
    <T> T inTransaction(Function<Handle, T> work) {
        return jdbi.inTransaction(work::apply);
    }

    /// The newest first.
    List<Schedule> list() {
        return jdbi.withHandle(handle -> handle.createQuery("select * from schedule order by created_at desc, id")
                .map((row, _) -> schedule(row))
                .list());
    }

    Optional<Schedule> find(String id) {
        return jdbi.withHandle(handle -> find(handle, id, ""));
    }

    /// The schedule, and nobody else changes it before the transaction's end.
    Optional<Schedule> lock(Handle handle, String id) {
        return find(handle, id, " for update");
    }

    private static Optional<Schedule> find(Handle handle, String id, String suffix) {
        return handle.createQuery("select * from schedule where id = :id" + suffix)
                .bind("id", id)
                .map((row, _) -> schedule(row))
                .findOne();
    }

    void insert(Handle handle, Schedule schedule) {
        bound(
                        handle.createUpdate("insert into schedule (id, name, preset, corpus, config, cron, time_zone,"
                                + " overlap, missed, paused, created_at, last_fired_at, last_run, last_outcome) values"
                                + " (:id, :name, :preset, :corpus, :config, :cron, :zone, :overlap, :missed, :paused,"
                                + " :created, :fired, :run, :outcome)"),
                        schedule)
                .bind("created", Times.column(schedule.createdAt()))
                .execute();
    }

    void update(Handle handle, Schedule schedule) {
        bound(
                        handle.createUpdate("update schedule set name = :name, preset = :preset, corpus = :corpus,"
                                + " config = :config, cron = :cron, time_zone = :zone, overlap = :overlap,"
                                + " missed = :missed, paused = :paused, last_fired_at = :fired, last_run = :run,"
                                + " last_outcome = :outcome where id = :id"),
                        schedule)
                .execute();
    }

    /// Whether it has done nothing for this time or a later one yet; from now on it has.
    boolean take(Handle handle, String id, Instant time) {
        return handle.createUpdate("update schedule set last_time = :time"
                                + " where id = :id and (last_time is null or last_time < :time)")
                        .bind("id", id)
                        .bind("time", Times.column(time))
                        .execute()
                == 1;
    }

    void delete(Handle handle, String id) {
        handle.createUpdate("delete from schedule where id = :id")
                .bind("id", id)
                .execute();
    }

    private static Update bound(Update update, Schedule schedule) {
        var order = schedule.order();
        var timing = schedule.timing();
        var last = schedule.last();
        return update.bind("id", schedule.id())
                .bind("name", order.name())
                .bind("preset", order.preset())
                .bind("corpus", order.corpus())
                .bind("config", json(order.config()))
                .bind("cron", timing.cron().text())
                .bind("zone", timing.zone().getId())
                .bind("overlap", timing.overlap().name())
                .bind("missed", timing.missed().name())
                .bind("paused", schedule.paused())
                .bind("fired", last.firedAt().map(Times::column).orElse(null))
                .bind("run", last.run().orElse(null))
                .bind("outcome", last.outcome());
    }

    private static Schedule schedule(ResultSet row) throws SQLException {
        return new Schedule(
                row.getString("id"),
                new Schedule.Order(
                        row.getString("name"),
                        row.getString("preset"),
                        row.getString("corpus"),
                        config(row.getString("config"))),
                new Schedule.Timing(
                        Cron.parse(row.getString("cron")),
                        ZoneId.of(row.getString("time_zone")),
                        Schedule.Overlap.valueOf(row.getString("overlap")),
                        Schedule.Missed.valueOf(row.getString("missed"))),
                row.getBoolean("paused"),
                Times.of(row, "created_at").orElseThrow(),
                new Schedule.Last(
                        Times.of(row, "last_fired_at"),
                        Optional.ofNullable(row.getString("last_run")),
                        row.getString("last_outcome")));
    }

    static String json(Map<String, Object> config) {
        try {
            return JSON.writeValueAsString(config);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + config, e);
        }
    }

    private static Map<String, Object> config(String json) {
        try {
            return JSON.readValue(json, new TypeReference<Map<String, Object>>() {});
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a schedule's config in the database is no JSON", e);
        }
    }
}
