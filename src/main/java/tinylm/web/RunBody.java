package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tinylm.runs.Eta;
import tinylm.runs.Run;
import tinylm.runs.RunState;
import tinylm.runs.Runs;
import tinylm.training.Evaluator;

/// A run as the API shows it.
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record RunBody(
        String id,
        String name,
        RunState state,
        String reason,
        String preset,
        long step,
        int steps,
        OptionalDouble trainLoss,
        OptionalDouble valLoss,
        String protocol,
        OptionalDouble bestValLoss,
        Optional<Double> etaSeconds,
        Optional<Double> etaLowSeconds,
        Optional<Double> etaHighSeconds,
        OptionalDouble charactersPerSecond,
        OptionalLong memoryBytes,
        OptionalLong queuePosition,
        int attempts,
        int halvings,
        Map<String, Object> config,
        CorpusBody corpus,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        Optional<Long> workerPid,
        Optional<String> job,
        Optional<String> schedule) {

    record CorpusBody(String id, String name, String sha256) {}

    record Page(List<RunBody> data) {}

    /// @param all runs, among which it may wait
    static RunBody of(Run run, List<Run> all) {
        var order = run.order();
        var config = order.config();
        var progress = run.progress();
        boolean lives = run.worker().isPresent();
        var eta = progress.eta().filter(_ -> lives);
        return new RunBody(
                run.id(),
                order.name(),
                run.state(),
                run.status().reason(),
                order.preset(),
                progress.step(),
                config.steps(),
                progress.trainLoss(),
                progress.validationLoss(),
                Evaluator.protocol(config.model().contextLength()),
                progress.bestValidationLoss(),
                eta.map(Eta::seconds),
                eta.map(Eta::low),
                eta.map(Eta::high),
                progress.charactersPerSecond(),
                lives ? progress.memoryBytes() : OptionalLong.empty(),
                Runs.queuePosition(all, run),
                run.status().attempts(),
                run.status().halvings(),
                config.toMap(),
                new CorpusBody(order.corpus(), order.corpus(), order.corpusSha256()),
                run.createdAt(),
                run.startedAt(),
                run.endedAt(),
                run.worker()
                        .filter(worker -> worker.job().isEmpty())
                        .map(Run.Worker::pid)
                        .filter(pid -> pid > 0),
                run.worker().flatMap(Run.Worker::job),
                order.schedule());
    }
}
