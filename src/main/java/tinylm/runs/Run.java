package tinylm.runs;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tinylm.training.TrainingConfig;

/// One managed training, as the database holds it.
///
/// @param worker absent while nobody works on it
/// @param startedAt when a worker first reported
public record Run(
        String id,
        Order order,
        Status status,
        Optional<Worker> worker,
        Progress progress,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt) {

    /// What was asked for.
    ///
    /// @param corpus its name
    /// @param schedule the id of the one that started it, if one did
    public record Order(
            String name,
            String preset,
            TrainingConfig config,
            String corpus,
            String corpusSha256,
            Optional<String> schedule) {

        Order with(TrainingConfig other) {
            return new Order(name, preset, other, corpus, corpusSha256, schedule);
        }
    }

    /// @param reason why it is in its state, a sentence; empty where nothing needs to be said
    /// @param attempts workers since somebody last asked for the run
    /// @param halvings how often the learning rate was halved since then, because the loss went astray
    public record Status(RunState state, String reason, Wanted wanted, int attempts, int halvings) {}

    /// @param lease SHA-256 of the token that it reports with
    /// @param pid 0 until it is known
    /// @param job the Kubernetes Job that it is, if it is one
    /// @param heardAt when it last reported; when it was started, before it did
    public record Worker(String lease, long pid, Optional<String> job, Instant startedAt, Instant heardAt) {

        Worker with(long other) {
            return new Worker(lease, other, job, startedAt, heardAt);
        }

        Worker heardAt(Instant time) {
            return new Worker(lease, pid, job, startedAt, time);
        }
    }

    /// What its workers reported.
    ///
    /// @param step updates done
    /// @param trainLoss of the newest step, nats per character
    /// @param validationLoss of the newest evaluation
    public record Progress(
            long step,
            OptionalDouble trainLoss,
            OptionalDouble validationLoss,
            OptionalDouble bestValidationLoss,
            OptionalDouble charactersPerSecond,
            Optional<Eta> eta,
            OptionalLong memoryBytes) {

        static final Progress NONE = new Progress(
                0,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                Optional.empty(),
                OptionalLong.empty());
    }

    public RunState state() {
        return status.state();
    }

    boolean isLeasedTo(String lease) {
        return worker.map(Worker::lease).equals(Optional.of(lease));
    }

    Run with(Order other) {
        return new Run(id, other, status, worker, progress, createdAt, startedAt, endedAt);
    }

    Run with(RunState state, String reason, Wanted wanted) {
        return with(new Status(state, reason, wanted, status.attempts(), status.halvings()));
    }

    Run with(Status other) {
        return new Run(id, order, other, worker, progress, createdAt, startedAt, endedAt);
    }

    Run with(Worker other) {
        return new Run(id, order, status, Optional.of(other), progress, createdAt, startedAt, endedAt);
    }

    Run withoutWorker() {
        return new Run(id, order, status, Optional.empty(), progress, createdAt, startedAt, endedAt);
    }

    Run with(Progress other) {
        return new Run(id, order, status, worker, other, createdAt, startedAt, endedAt);
    }

    Run withCreatedAt(Instant time) {
        return new Run(id, order, status, worker, progress, time, startedAt, endedAt);
    }

    Run startedAt(Instant time) {
        return new Run(id, order, status, worker, progress, createdAt, startedAt.or(() -> Optional.of(time)), endedAt);
    }

    Run endedAt(Optional<Instant> time) {
        return new Run(id, order, status, worker, progress, createdAt, startedAt, time);
    }
}
