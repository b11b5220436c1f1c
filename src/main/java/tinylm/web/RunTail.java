package tinylm.web;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import tinylm.runs.Run;
import tinylm.runs.Runs;

/// Reads from the database what is new about runs and tells all that listen: whichever server a worker reports to,
/// every server shows it. Reads nothing while nobody listens.
@Singleton
class RunTail {

    private static final Logger LOG = Logger.getLogger(RunTail.class);
    private static final long INTERVAL_MILLIS = 300;

    private final Runs runs;
    private final Set<Consumer<RunEvent>> listeners = ConcurrentHashMap.newKeySet();
    private final Map<String, Seen> seen = new HashMap<>();
    private final ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("run-tail").factory());

    /// The newest of a run that was told.
    private record Seen(RunBody body, long step, long evaluation, long sample) {

        /// What the newest step brings may still be on its way.
        static Seen upTo(Run run, RunBody body) {
            long step = run.progress().step();
            return new Seen(body, step, step - 1, step - 1);
        }
    }

    RunTail(Runs runs) {
        this.runs = runs;
        reader.scheduleWithFixedDelay(this::look, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /// Tells all runs as they are, and from then on what changes. What a run brought before can be asked for after
    /// this returned, and nothing is missing in between.
    void join(Consumer<RunEvent> listener) {
        reader.execute(() -> {
            for (var event : news()) {
                tell(event);
            }
            var all = runs.list();
            all.reversed().forEach(run -> listener.accept(new RunEvent.Changed(RunBody.of(run, all))));
            listeners.add(listener);
        });
    }

    void leave(Consumer<RunEvent> listener) {
        reader.execute(() -> listeners.remove(listener));
    }

    @PreDestroy
    void close() {
        reader.shutdownNow();
    }

    private void look() {
        if (listeners.isEmpty()) {
            return;
        }
        try {
            news().forEach(this::tell);
        } catch (RuntimeException e) {
            LOG.error("The runs could not be read; this is tried again", e);
        }
    }

    private void tell(RunEvent event) {
        listeners.forEach(listener -> listener.accept(event));
    }

    private List<RunEvent> news() {
        var events = new ArrayList<RunEvent>();
        var all = runs.list();
        for (var run : all) {
            var body = RunBody.of(run, all);
            var before = seen.get(run.id());
            if (before == null) {
                events.add(new RunEvent.Changed(body));
                seen.put(run.id(), Seen.upTo(run, body));
            } else if (!before.body().equals(body)) {
                events.add(new RunEvent.Changed(body));
                var known = body.halvings() > before.body().halvings() ? Seen.upTo(run, body) : before;
                seen.put(run.id(), append(events, run.id(), known, body));
            }
        }
        return events;
    }

    private Seen append(List<RunEvent> events, String id, Seen before, RunBody body) {
        var steps = runs.steps(id, before.step());
        var evaluations = runs.evaluations(id, before.evaluation());
        var samples = runs.samples(id, before.sample());
        if (!steps.isEmpty() || !evaluations.isEmpty()) {
            events.add(new RunEvent.Metrics(
                    id,
                    steps,
                    evaluations.stream().map(RunsResource.EvaluationBody::of).toList()));
        }
        samples.forEach(sample -> events.add(new RunEvent.Sample(id, sample.step(), sample.text())));
        return new Seen(
                body,
                steps.isEmpty() ? before.step() : steps.getLast().step(),
                evaluations.isEmpty()
                        ? before.evaluation()
                        : evaluations.getLast().step(),
                samples.isEmpty() ? before.sample() : samples.getLast().step());
    }
}
