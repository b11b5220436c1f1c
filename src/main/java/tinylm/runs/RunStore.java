package tinylm.runs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import tinylm.training.TrainingConfig;

/// The runs in the database, H2 or PostgreSQL. Holds no rule: what may happen is in [Runs]. Any thread.
final class RunStore {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Jdbi jdbi;

    RunStore(DataSource database) {
        this.jdbi = Jdbi.create(database);
    }

    /// All or nothing.
    <T> T inTransaction(Function<Handle, T> work) {
        return jdbi.inTransaction(work::apply);
    }

    /// The newest first.
    List<Run> list() {
        return jdbi.withHandle(handle -> handle.createQuery("select * from run order by created_at desc, id")
                .map((row, _) -> run(row))
                .list());
    }

    /// Those that have not ended, the oldest first; nobody else changes them before the transaction's end.
    List<Run> lockOfSchedule(Handle handle, String schedule) {
        return handle.createQuery("select * from run where schedule = :schedule and state not in (<ended>)"
                        + " order by created_at, id for update")
                .bind("schedule", schedule)
                .bindList("ended", RunState.ended())
                .map((row, _) -> run(row))
                .list();
    }

    int count(Handle handle, RunState state) {
        return handle.createQuery("select count(*) from run where state = :state")
                .bind("state", state.name())
                .mapTo(Integer.class)
                .one();
    }

    Optional<Run> find(String id) {
        return jdbi.withHandle(handle -> find(handle, id, ""));
    }

    /// The run, and nobody else changes it before the transaction's end.
    Optional<Run> lock(Handle handle, String id) {
        return find(handle, id, " for update");
    }

    private static Optional<Run> find(Handle handle, String id, String suffix) {
        return handle.createQuery("select * from run where id = :id" + suffix)
                .bind("id", id)
                .map((row, _) -> run(row))
                .findOne();
    }

    void insert(Handle handle, Run run) {
        var order = run.order();
        handle.createUpdate("insert into run (id, name, preset, config, corpus, corpus_sha256, state, reason, wanted,"
                        + " attempts, halvings, step, created_at, schedule) values (:id, :name, :preset, :config, :corpus,"
                        + " :corpusSha256, '', '', '', 0, 0, 0, :created, :schedule)")
                .bind("id", run.id())
                .bind("name", order.name())
                .bind("preset", order.preset())
                .bind("config", json(order.config()))
                .bind("corpus", order.corpus())
                .bind("corpusSha256", order.corpusSha256())
                .bind("created", Times.column(run.createdAt()))
                .bind("schedule", order.schedule().orElse(null))
                .execute();
        update(handle, run);
    }

    /// Writes what may change of a run.
    void update(Handle handle, Run run) {
        var status = run.status();
        var worker = run.worker();
        var progress = run.progress();
        handle.createUpdate("update run set config = :config, state = :state, reason = :reason, wanted = :wanted,"
                        + " attempts = :attempts, halvings = :halvings, lease = :lease, worker_pid = :pid, worker_job = :job, worker_started_at = :launched,"
                        + " heard_at = :heard, step = :step, train_loss = :trainLoss, validation_loss = :valLoss,"
                        + " best_validation_loss = :bestLoss, characters_per_second = :speed, eta_seconds = :eta,"
                        + " eta_low_seconds = :etaLow, eta_high_seconds = :etaHigh,"
                        + " memory_bytes = :memory, started_at = :started, ended_at = :ended where id = :id")
                .bind("id", run.id())
                .bind("config", json(run.order().config()))
                .bind("state", status.state().name())
                .bind("reason", status.reason())
                .bind("wanted", status.wanted().name())
                .bind("attempts", status.attempts())
                .bind("halvings", status.halvings())
                .bind("lease", worker.map(Run.Worker::lease).orElse(null))
                .bind("pid", worker.map(Run.Worker::pid).orElse(null))
                .bind("job", worker.flatMap(Run.Worker::job).orElse(null))
                .bind(
                        "launched",
                        worker.map(one -> Times.column(one.startedAt())).orElse(null))
                .bind("heard", worker.map(one -> Times.column(one.heardAt())).orElse(null))
                .bind("step", progress.step())
                .bind("trainLoss", boxed(progress.trainLoss()))
                .bind("valLoss", boxed(progress.validationLoss()))
                .bind("bestLoss", boxed(progress.bestValidationLoss()))
                .bind("speed", boxed(progress.charactersPerSecond()))
                .bind("eta", progress.eta().map(Eta::seconds).orElse(null))
                .bind("etaLow", progress.eta().map(Eta::low).orElse(null))
                .bind("etaHigh", progress.eta().map(Eta::high).orElse(null))
                .bind("memory", boxed(progress.memoryBytes()))
                .bind("started", run.startedAt().map(Times::column).orElse(null))
                .bind("ended", run.endedAt().map(Times::column).orElse(null))
                .execute();
    }

    /// Remembers that a run's state changed.
    void insertChange(Handle handle, String run, RunChange change) {
        handle.createUpdate("insert into run_change (run, number, at, from_state, to_state, reason) select :run,"
                        + " coalesce(max(number), 0) + 1, :at, :from, :to, :reason from run_change where run = :run")
                .bind("run", run)
                .bind("at", Times.column(change.at()))
                .bind("from", change.from().name())
                .bind("to", change.to().name())
                .bind("reason", change.reason())
                .execute();
    }

    List<RunChange> changes(String run) {
        return jdbi.withHandle(handle -> handle.createQuery("select * from run_change where run = :run order by number")
                .bind("run", run)
                .map((row, _) -> new RunChange(
                        Times.of(row, "at").orElseThrow(),
                        RunState.valueOf(row.getString("from_state")),
                        RunState.valueOf(row.getString("to_state")),
                        row.getString("reason")))
                .list());
    }

    /// Keeps what a report brings; what is there already stays as it is.
    void insertMetrics(Handle handle, String run, Report report) {
        if (!report.steps().isEmpty()) {
            var batch = handle.prepareBatch("insert into step_metric (run, step, loss, learning_rate, gradient_norm,"
                    + " characters_per_second, memory_bytes, seconds) values (:run, :step, :loss, :rate, :norm, :speed,"
                    + " :memory, :seconds) on conflict do nothing");
            for (var step : report.steps()) {
                batch.bind("run", run)
                        .bind("step", step.step())
                        .bind("loss", step.loss())
                        .bind("rate", step.learningRate())
                        .bind("norm", step.gradientNorm())
                        .bind("speed", step.charactersPerSecond())
                        .bind("memory", step.memoryBytes())
                        .bind("seconds", step.seconds())
                        .add();
            }
            batch.execute();
        }
        for (var evaluation : report.evaluations()) {
            handle.createUpdate("insert into evaluation (run, step, train_loss, validation_loss, seconds)"
                            + " values (:run, :step, :trainLoss, :valLoss, :seconds) on conflict do nothing")
                    .bind("run", run)
                    .bind("step", evaluation.step())
                    .bind("trainLoss", boxed(evaluation.trainLoss()))
                    .bind("valLoss", evaluation.validationLoss())
                    .bind("seconds", evaluation.seconds())
                    .execute();
        }
        for (var sample : report.samples()) {
            handle.createUpdate(
                            "insert into sample (run, step, text) values (:run, :step, :text) on conflict do nothing")
                    .bind("run", run)
                    .bind("step", sample.step())
                    .bind("text", sample.text())
                    .execute();
        }
        for (var checkpoint : report.checkpoints()) {
            handle.createUpdate("insert into checkpoint (run, step, validation_loss, sha256)"
                            + " values (:run, :step, :valLoss, :sha256) on conflict do nothing")
                    .bind("run", run)
                    .bind("step", checkpoint.step())
                    .bind("valLoss", boxed(checkpoint.validationLoss()))
                    .bind("sha256", checkpoint.sha256())
                    .execute();
        }
    }

    /// Forgets what was measured after a step.
    void deleteMetricsAfter(Handle handle, String run, long step) {
        for (var table : List.of("step_metric", "evaluation", "sample", "checkpoint")) {
            handle.createUpdate("delete from " + table + " where run = :run and step > :step")
                    .bind("run", run)
                    .bind("step", step)
                    .execute();
        }
    }

    /// Forgets that there are checkpoints.
    void deleteCheckpoints(Handle handle, String run) {
        handle.createUpdate("delete from checkpoint where run = :run")
                .bind("run", run)
                .execute();
    }

    /// Steps after `from`, in order.
    List<Report.Step> steps(String run, long from) {
        return steps(run, from, Integer.MAX_VALUE);
    }

    List<Report.Step> steps(String run, long from, int most) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "select * from step_metric where run = :run and step > :from order by step limit :most")
                .bind("run", run)
                .bind("from", from)
                .bind("most", most)
                .map((row, _) -> new Report.Step(
                        row.getLong("step"),
                        row.getDouble("loss"),
                        row.getDouble("learning_rate"),
                        row.getDouble("gradient_norm"),
                        row.getDouble("characters_per_second"),
                        row.getLong("memory_bytes"),
                        row.getDouble("seconds")))
                .list());
    }

    List<Report.Evaluation> evaluations(String run, long from) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "select * from evaluation where run = :run and step > :from order by step")
                .bind("run", run)
                .bind("from", from)
                .map((row, _) -> new Report.Evaluation(
                        row.getLong("step"),
                        decimal(row, "train_loss"),
                        row.getDouble("validation_loss"),
                        row.getDouble("seconds")))
                .list());
    }

    List<Report.Sample> samples(String run, long from) {
        return jdbi.withHandle(
                handle -> handle.createQuery("select * from sample where run = :run and step > :from order by step")
                        .bind("run", run)
                        .bind("from", from)
                        .map((row, _) -> new Report.Sample(row.getLong("step"), row.getString("text")))
                        .list());
    }

    List<Report.Kept> checkpoints(String run) {
        return jdbi.withHandle(handle -> handle.createQuery("select * from checkpoint where run = :run order by step")
                .bind("run", run)
                .map((row, _) ->
                        new Report.Kept(row.getLong("step"), decimal(row, "validation_loss"), row.getString("sha256")))
                .list());
    }

    private static Run run(ResultSet row) throws SQLException {
        return new Run(
                row.getString("id"),
                new Run.Order(
                        row.getString("name"),
                        row.getString("preset"),
                        config(row.getString("config")),
                        row.getString("corpus"),
                        row.getString("corpus_sha256"),
                        Optional.ofNullable(row.getString("schedule"))),
                new Run.Status(
                        RunState.valueOf(row.getString("state")),
                        row.getString("reason"),
                        Wanted.valueOf(row.getString("wanted")),
                        row.getInt("attempts"),
                        row.getInt("halvings")),
                worker(row),
                new Run.Progress(
                        row.getLong("step"),
                        decimal(row, "train_loss"),
                        decimal(row, "validation_loss"),
                        decimal(row, "best_validation_loss"),
                        decimal(row, "characters_per_second"),
                        eta(row),
                        whole(row, "memory_bytes")),
                Times.of(row, "created_at").orElseThrow(),
                Times.of(row, "started_at"),
                Times.of(row, "ended_at"));
    }

    private static Optional<Run.Worker> worker(ResultSet row) throws SQLException {
        String lease = row.getString("lease");
        return lease == null
                ? Optional.empty()
                : Optional.of(new Run.Worker(
                        lease,
                        row.getLong("worker_pid"),
                        Optional.ofNullable(row.getString("worker_job")),
                        Times.of(row, "worker_started_at").orElseThrow(),
                        Times.of(row, "heard_at").orElseThrow()));
    }

    private static Optional<Eta> eta(ResultSet row) throws SQLException {
        var seconds = decimal(row, "eta_seconds");
        return seconds.isEmpty()
                ? Optional.empty()
                : Optional.of(new Eta(
                        seconds.getAsDouble(),
                        decimal(row, "eta_low_seconds").orElse(seconds.getAsDouble()),
                        decimal(row, "eta_high_seconds").orElse(seconds.getAsDouble())));
    }

    private static OptionalLong whole(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static Long boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }

    private static OptionalDouble decimal(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static Double boxed(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }

    private static String json(TrainingConfig config) {
        try {
            return JSON.writeValueAsString(config.toMap());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TrainingConfig config(String json) {
        try {
            Map<String, Object> map = JSON.readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {});
            return TrainingConfig.fromMap(map);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a run's config in the database is no JSON", e);
        }
    }
}
