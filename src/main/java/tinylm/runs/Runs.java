package tinylm.runs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import tinylm.checkpoint.CheckpointException;
import tinylm.checkpoint.Checkpoints;
import tinylm.store.CheckpointStore;
import tinylm.store.StoreException;
import tinylm.training.Preset;
import tinylm.training.TrainingConfig;

/// Managed training: what people may ask of runs, what workers report, and who works on what. All of it is in the
/// database, so it outlives the server. Any thread.
public final class Runs {

    /// How runs are worked on.
    ///
    /// @param directory holds a folder for each run
    /// @param workers how many at a time, at most
    /// @param lease how long a worker may be silent before it counts as lost
    /// @param attempts how many workers a run gets, at most, before it stays INTERRUPTED
    /// @param queue how many runs may wait, at most
    public record Settings(Path directory, int workers, Duration lease, int attempts, int queue) {}

    private static final int LONGEST_NAME = 100;

    /// Until a launch is tried again that could not be made just now.
    private static final Duration NOT_NOW = Duration.ofSeconds(30);

    /// Until a store that was away is asked again to delete what nobody waits for.
    private static final Duration NOT_SOON = Duration.ofMinutes(10);

    /// Of an extension.
    public static final int MOST_STEPS = 10_000_000;

    /// Weights, gradients and AdamW's two moments take 16 bytes for each.
    private static final long MOST_PARAMETERS = 200_000_000;
    private static final int LONGEST_REASON = 1000;
    private static final int MOST_HALVINGS = 2;
    private static final String CANCELLED = "Cancelled; its checkpoints are deleted.";
    private static final int STEPS_AT_ONCE = 5000;
    private static final Set<RunState> CAN_RESUME = Set.of(RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED);
    private static final Set<RunState> CAN_EXTEND = Set.of(RunState.STOPPED, RunState.SUCCEEDED);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final RunStore store;
    private final Settings settings;
    private final Corpora corpora;
    private final Launcher launcher;
    private final CheckpointStore shared;
    private final Clock clock;
    private Instant since;
    private boolean hasFailed;
    private Instant launchesAfter = Instant.MIN;
    private Instant discardsAfter = Instant.MIN;
    private final Set<String> discarded = ConcurrentHashMap.newKeySet();

    /// @param shared holds the runs' folders for all servers and workers
    public Runs(
            DataSource database,
            Settings settings,
            Corpora corpora,
            Launcher launcher,
            CheckpointStore shared,
            Clock clock) {
        this.store = new RunStore(database);
        this.settings = settings;
        this.corpora = corpora;
        this.launcher = launcher;
        this.shared = shared;
        this.clock = clock;
        this.since = clock.instant();
    }

    /// Queues a new run.
    ///
    /// @param changes single values in place of the preset's
    /// @throws RunRefused when something of it is not allowed
    public Run start(Optional<String> name, String preset, String corpus, Map<String, Object> changes) {
        return insert(draft(name, preset, corpus, changes, Optional.empty()));
    }

    /// A run that could be queued, and is not.
    ///
    /// @param schedule the id of the one that asks
    /// @throws RunRefused when something of it is not allowed
    Run draft(
            Optional<String> name,
            String preset,
            String corpus,
            Map<String, Object> changes,
            Optional<String> schedule) {
        var base = preset(preset);
        var text = text(corpus);
        var config = Overrides.apply(base.withVocabSize(text.vocabSize()), changes);
        return draft(name.orElse(preset), preset, config, text, schedule);
    }

    /// Queues a new run with another's config and preset, and single values changed.
    ///
    /// @param corpus to learn in place of the text that the other learnt
    /// @throws RunRefused when something of it is not allowed
    public Run clone(String id, Optional<String> name, Optional<String> corpus, Map<String, Object> changes) {
        return insert(cloned(get(id).order(), name, corpus, changes));
    }

    private Run cloned(
            Run.Order original, Optional<String> name, Optional<String> corpus, Map<String, Object> changes) {
        var text = corpus.isPresent() ? text(corpus.get()) : text(original);
        return draft(
                name.orElse(original.name()),
                original.preset(),
                Overrides.apply(original.config().withVocabSize(text.vocabSize()), changes),
                text,
                Optional.empty());
    }

    /// Queues a run for each combination of a grid: all of them, or none.
    ///
    /// @param changes single values in place of the preset's, for all of them
    /// @throws RunRefused when something of it is not allowed
    public List<Run> search(
            Optional<String> name, String preset, String corpus, Map<String, Object> changes, Grid grid) {
        return search(
                name.orElse(preset),
                changes,
                grid,
                (own, all) -> draft(Optional.of(own), preset, corpus, all, Optional.empty()));
    }

    /// The same with another run's config to begin with.
    ///
    /// @throws RunRefused when something of it is not allowed
    public List<Run> searchAround(
            String id, Optional<String> name, Optional<String> corpus, Map<String, Object> changes, Grid grid) {
        var original = get(id).order();
        return search(
                name.orElse(original.name()),
                changes,
                grid,
                (own, all) -> cloned(original, Optional.of(own), corpus, all));
    }

    private List<Run> search(
            String name, Map<String, Object> changes, Grid grid, BiFunction<String, Map<String, Object>, Run> draft) {
        checkName(name);
        var drafts = new ArrayList<Run>();
        for (var values : grid.combinations()) {
            var all = new LinkedHashMap<>(changes);
            values.forEach((field, value) -> {
                if (changes.containsKey(field)) {
                    throw RunRefused.invalid(field, "A field is in the config or in the grid, not in both.");
                }
                all.put(field, value);
            });
            var run = draft.apply(named(name, values), all);
            drafts.add(run.withCreatedAt(run.createdAt().plus(drafts.size(), ChronoUnit.MICROS))); // in this order
        }
        return store.inTransaction(
                handle -> drafts.stream().map(run -> insert(handle, run)).toList());
    }

    /// As "dropout 0.1, seed 2: small", for lists show the beginnings of names; cut short where that is too long.
    private static String named(String name, Map<String, Object> values) {
        var own = values.entrySet().stream()
                .map(field -> field.getKey() + " " + field.getValue())
                .collect(Collectors.joining(", ", "", ": "));
        int left = LONGEST_NAME - own.length();
        if (left < 2) {
            return name;
        }
        if (name.length() <= left) {
            return own + name;
        }
        int cut = left - 1;
        return own + name.substring(0, Character.isLowSurrogate(name.charAt(cut)) ? cut - 1 : cut) + "…";
    }

    /// @throws RunRefused when it is not on the disk
    private Corpora.Text text(Run.Order order) {
        return corpora.find(order.corpus(), order.corpusSha256())
                .orElseThrow(() -> RunRefused.conflict("The text that " + order.name() + " learns, " + order.corpus()
                        + ", is not there any more, or is another."));
    }

    private Corpora.Text text(String corpus) {
        return corpora.find(corpus)
                .orElseThrow(() -> RunRefused.invalid(
                        "corpus",
                        "There is no corpus \"" + corpus + "\"; there is " + String.join(", ", corpora.names()) + "."));
    }

    private static void checkName(String name) {
        if (name.isBlank() || name.length() > LONGEST_NAME || name.codePoints().anyMatch(Runs::isNoText)) {
            throw RunRefused.invalid(
                    "name", "A name has 1 to " + LONGEST_NAME + " characters, and none that control a terminal.");
        }
    }

    private Run draft(String name, String preset, TrainingConfig config, Corpora.Text text, Optional<String> schedule) {
        checkName(name);
        long parameters = config.model().parameterCount();
        if (parameters > MOST_PARAMETERS) {
            throw RunRefused.invalid(
                    "nEmbd",
                    "A run's model has at most %,d parameters, but this one would have %,d; choose fewer layers or a smaller width."
                            .formatted(MOST_PARAMETERS, parameters));
        }
        return new Run(
                "run-" + HexFormat.of().toHexDigits(RANDOM.nextInt()),
                new Run.Order(
                        name.strip(), preset.toLowerCase(Locale.ROOT), config, text.name(), text.sha256(), schedule),
                new Run.Status(RunState.QUEUED, "", Wanted.GO_ON, 0, 0),
                Optional.empty(),
                Run.Progress.NONE,
                clock.instant().truncatedTo(ChronoUnit.MICROS), // as a database keeps it
                Optional.empty(),
                Optional.empty());
    }

    /// Half a character, or one that controls a terminal.
    private static boolean isNoText(int codePoint) {
        return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
    }

    private Run insert(Run run) {
        return store.inTransaction(handle -> insert(handle, run));
    }

    /// @throws RunRefused when too many wait already, or the corpus was deleted
    Run insert(Handle handle, Run run) {
        if (store.count(handle, RunState.QUEUED) >= settings.queue()) {
            throw RunRefused.conflict(
                    "At most " + settings.queue() + " runs may wait, and so many do; stop one first.");
        }
        corpora.hold(handle, run.order().corpus(), run.order().corpusSha256());
        store.insert(handle, run);
        return run;
    }

    /// The runs of a schedule that are worked on, or will be without anybody's asking; the oldest first.
    List<Run> unended(Handle handle, String schedule) {
        return store.lockOfSchedule(handle, schedule).stream()
                .filter(run ->
                        run.state() != RunState.INTERRUPTED || run.status().attempts() < settings.attempts())
                .toList();
    }

    private static TrainingConfig preset(String name) {
        return Preset.find(name)
                .map(Preset::config)
                .orElseThrow(() -> RunRefused.invalid(
                        "preset",
                        "There is no preset \"" + name + "\"; there is "
                                + Arrays.stream(Preset.values())
                                        .map(one -> one.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(", "))
                                + "."));
    }

    public Run pause(String id) {
        return change(id, run -> switch (run.state()) {
            case RUNNING -> run.with(run.state(), "Pausing: the worker saves first.", Wanted.PAUSE);
            default -> throw conflict(run, "paused", "RUNNING");
        });
    }

    /// Lets a paused worker go on, or queues a run that ended before its last step.
    public Run resume(String id) {
        return change(id, run -> {
            if (run.state() == RunState.PAUSED && run.worker().isPresent()) {
                return run.with(run.state(), "Resuming.", Wanted.GO_ON);
            }
            if (run.state() == RunState.PAUSED || CAN_RESUME.contains(run.state())) {
                text(run.order());
                return queued(run, "Resumed.");
            }
            throw conflict(run, "resumed", "PAUSED, STOPPED, FAILED or INTERRUPTED");
        });
    }

    /// Has the worker save and end; the run can be resumed.
    public Run stop(String id) {
        return store.inTransaction(handle -> stop(handle, id));
    }

    Run stop(Handle handle, String id) {
        return change(
                handle,
                id,
                run -> switch (run.state()) {
                    case QUEUED, INTERRUPTED -> ended(run, RunState.STOPPED, "Stopped before a worker took it.");
                    case STARTING, RUNNING, PAUSED ->
                        run.worker().isEmpty()
                                ? ended(run, RunState.STOPPED, "Stopped while it was paused.")
                                : run.with(RunState.STOPPING, "Stopping: the worker saves first.", Wanted.STOP);
                    case STOPPING -> run; // also one that is being cancelled: it is too late to keep anything
                    case STOPPED, FAILED, SUCCEEDED, CANCELLED ->
                        throw conflict(run, "stopped", "QUEUED, STARTING, RUNNING, PAUSED or INTERRUPTED");
                },
                _ -> {});
    }

    /// Gives a run up: its worker ends, its checkpoints are deleted, and only its curve, samples and log stay.
    public Run cancel(String id) {
        return change(id, run -> switch (run.state()) {
            case QUEUED, INTERRUPTED, STOPPED, FAILED -> ended(run, RunState.CANCELLED, CANCELLED);
            case STARTING, RUNNING, PAUSED, STOPPING ->
                run.worker().isEmpty()
                        ? ended(run, RunState.CANCELLED, CANCELLED)
                        : run.with(RunState.STOPPING, "Cancelling: the worker ends first.", Wanted.CANCEL);
            case CANCELLED -> run;
            case SUCCEEDED -> throw conflict(run, "cancelled", "not SUCCEEDED");
        });
    }

    /// Queues a run that has ended for more steps. The learning rate goes on as if they had been there from the
    /// beginning.
    public Run extend(String id, long steps) {
        return change(id, run -> {
            if (!CAN_EXTEND.contains(run.state())) {
                throw conflict(run, "extended", "SUCCEEDED or STOPPED");
            }
            if (steps < 1 || steps > MOST_STEPS) {
                throw RunRefused.invalid(
                        "steps", "A run is extended by 1 to " + MOST_STEPS + " steps, but not by " + steps + ".");
            }
            var order = run.order();
            text(order);
            var config = Overrides.apply(
                    order.config(), Map.of("steps", order.config().steps() + steps));
            return queued(run.with(order.with(config)), RunChange.extended(steps));
        });
    }

    /// @throws RunRefused when there is no such run
    public Run get(String id) {
        return store.find(id).orElseThrow(() -> notFound(id));
    }

    /// The newest first.
    public List<Run> list() {
        return store.list();
    }

    public List<RunChange> changes(String id) {
        return store.changes(get(id).id());
    }

    /// @param from steps after this one
    public List<Report.Step> steps(String id, long from) {
        return store.steps(id, from);
    }

    /// Tells every step in order, and holds few of them at a time.
    public void eachStep(String id, Consumer<Report.Step> listener) {
        long last = -1;
        List<Report.Step> page;
        do {
            page = store.steps(id, last, STEPS_AT_ONCE);
            page.forEach(listener);
            last = page.isEmpty() ? last : page.getLast().step();
        } while (page.size() == STEPS_AT_ONCE);
    }

    public List<Report.Evaluation> evaluations(String id, long from) {
        return store.evaluations(id, from);
    }

    public List<Report.Sample> samples(String id, long from) {
        return store.samples(id, from);
    }

    /// The checkpoints of its history, in order.
    public List<Report.Kept> checkpoints(String id) {
        return store.checkpoints(get(id).id());
    }

    /// How many runs wait before this one, and 1; empty when it does not wait.
    public static OptionalLong queuePosition(List<Run> all, Run run) {
        return run.state() == RunState.QUEUED
                ? OptionalLong.of(
                        queue(all).takeWhile(one -> !one.id().equals(run.id())).count() + 1)
                : OptionalLong.empty();
    }

    private static Stream<Run> queue(List<Run> all) {
        return all.stream()
                .filter(run -> run.state() == RunState.QUEUED)
                .sorted(Comparator.comparing(Run::createdAt).thenComparing(Run::id));
    }

    /// Takes a worker's report.
    ///
    /// @param token that the worker was given
    /// @throws RunRefused when the run is unknown or another worker has it by now
    public Report.Answer report(String id, String token, Report report) {
        var changed = change(
                id,
                run -> {
                    if (!run.isLeasedTo(hash(token))) {
                        throw new RunRefused(
                                RunRefused.Kind.LEASE_LOST, "", "Another worker has this run by now, or none shall.");
                    }
                    return heard(run, report);
                },
                handle -> {
                    store.insertMetrics(handle, id, report);
                    report.backTo().ifPresent(step -> store.deleteMetricsAfter(handle, id, step));
                });
        return new Report.Answer(changed.status().wanted());
    }

    private Run heard(Run run, Report report) {
        var heard = withProgress(run, report);
        return switch (report.phase()) {
            case TRAINING ->
                run.state() == RunState.STOPPING ? heard : moved(heard, RunState.RUNNING, report.sentence());
            case PAUSED -> paused(heard, report.sentence());
            case STOPPED -> stopped(heard, report.sentence());
            case SUCCEEDED -> ended(heard, RunState.SUCCEEDED, report.sentence());
            case FAILED -> ended(heard, RunState.FAILED, report.sentence());
            case INTERRUPTED -> lost(heard, report.sentence());
            case DIVERGED -> diverged(heard, report);
        };
    }

    private Run stopped(Run run, String sentence) {
        return run.status().wanted() == Wanted.CANCEL
                ? ended(run, RunState.CANCELLED, CANCELLED)
                : ended(run, RunState.STOPPED, sentence);
    }

    private Run paused(Run run, String sentence) {
        boolean hasEnded = run.worker().flatMap(Run.Worker::job).isPresent();
        if (run.state() == RunState.STOPPING) {
            return hasEnded ? stopped(run, sentence) : run;
        }
        return hasEnded
                ? run.with(RunState.PAUSED, sentence, Wanted.PAUSE).withoutWorker()
                : moved(run, RunState.PAUSED, sentence);
    }

    /// Queues a run that went astray for another try with half the learning rate, at most twice.
    private Run diverged(Run run, Report report) {
        var status = run.status();
        if (run.state() == RunState.STOPPING || status.halvings() >= MOST_HALVINGS) {
            var end = status.halvings() == 0
                    ? ""
                    : " That was with a learning rate halved " + status.halvings() + " times; try a lower one.";
            return ended(run, RunState.FAILED, report.sentence() + end);
        }
        var order = run.order();
        var config = order.config();
        var slower = Overrides.apply(
                config,
                Map.of(
                        "learningRate", config.learningRate() / 2,
                        "muonLearningRate", config.muonLearningRate() / 2));
        long step = report.backTo().orElse(0);
        int halvings = status.halvings() + 1;
        var progress = run.progress();
        return run.with(order.with(slower))
                .with(new Run.Progress(
                        step,
                        OptionalDouble.empty(),
                        progress.validationLoss(),
                        progress.bestValidationLoss(),
                        OptionalDouble.empty(),
                        Optional.empty(),
                        OptionalLong.empty()))
                .with(new Run.Status(
                        RunState.QUEUED,
                        shortened(RunChange.halved(report.sentence(), step, halvings, MOST_HALVINGS)),
                        Wanted.GO_ON,
                        status.attempts(),
                        halvings))
                .withoutWorker();
    }

    /// While a worker that pauses or resumes has not done so, the reason says that it was asked to.
    private static Run moved(Run run, RunState state, String sentence) {
        boolean asked = run.state() == state
                && (state == RunState.RUNNING && run.status().wanted() == Wanted.PAUSE
                        || state == RunState.PAUSED && run.status().wanted() == Wanted.GO_ON);
        return asked ? run : run.with(state, sentence, run.status().wanted());
    }

    /// Looks for workers that are lost, and gives waiting runs to new ones. To be called about once a second.
    public synchronized void tick() {
        if (hasFailed) {
            since = clock.instant(); // while the database was away, nobody could be heard
        }
        hasFailed = true;
        look();
        hasFailed = false;
    }

    private void look() {
        for (var run : store.list()) {
            if (run.worker().isPresent() && isSilent(run, settings.lease().dividedBy(2))) {
                attend(run, run.worker().get());
            }
            if (run.state() == RunState.CANCELLED
                    && !clock.instant().isBefore(discardsAfter)
                    && discarded.add(run.id())) {
                discard(run);
            }
            if (run.state() == RunState.INTERRUPTED && run.status().attempts() < settings.attempts()) {
                change(
                        run.id(),
                        now -> now.state() == RunState.INTERRUPTED
                                ? now.with(RunState.QUEUED, "Goes on from its last checkpoint.", Wanted.GO_ON)
                                : now);
            }
        }
        var all = store.list();
        long busy = all.stream().filter(run -> run.worker().isPresent()).count();
        var next = queue(all).limit(Math.max(0, settings.workers() - busy));
        launcher.hindrance()
                .ifPresentOrElse(
                        sentence -> next.forEach(run -> waits(run, sentence)), () -> next.forEach(this::launch));
    }

    /// Gives up a worker that has been silent for its lease, unless it may still come. That is asked in good time, so
    /// that one which has just come has half a lease to report.
    private void attend(Run run, Run.Worker worker) {
        var silence = launcher.silence(worker);
        if (silence.isAwaited() && run.state() != RunState.STOPPING) {
            change(
                    run.id(),
                    now -> now.isLeasedTo(worker.lease())
                                    && isSilent(now, settings.lease().dividedBy(2))
                                    && now.state() != RunState.STOPPING
                            ? now.with(now.worker().orElseThrow().heardAt(clock.instant()))
                                    .with(
                                            now.state(),
                                            shortened(silence.sentence()),
                                            now.status().wanted())
                            : now);
        } else if (isSilent(run, settings.lease())) {
            launcher.kill(worker);
            var why = silence.isAwaited() || silence.sentence().isEmpty()
                    ? "Its worker has not reported for " + settings.lease().toSeconds() + " s."
                    : silence.sentence();
            change(
                    run.id(),
                    now -> now.isLeasedTo(worker.lease()) && isSilent(now, settings.lease()) ? lost(now, why) : now);
        }
    }

    /// Has the reason say why a queued run gets no worker.
    private void waits(Run run, String sentence) {
        if (!run.status().reason().equals(shortened(sentence))) {
            change(
                    run.id(),
                    now -> now.state() == RunState.QUEUED
                            ? now.with(
                                    now.state(),
                                    shortened(sentence),
                                    now.status().wanted())
                            : now);
        }
    }

    private void discard(Run run) {
        var folder = directory(run.id());
        try {
            Checkpoints.clear(folder);
            new History(folder).clear();
        } catch (CheckpointException e) {
            change(
                    run.id(),
                    now -> now.with(
                            now.state(),
                            shortened("Cancelled; not all of its checkpoints are deleted: " + e.getMessage()),
                            Wanted.GO_ON));
        }
        try {
            shared.removeAfter(run.id(), -1);
        } catch (StoreException e) {
            discarded.remove(run.id());
            discardsAfter = clock.instant().plus(NOT_SOON);
        }
    }

    /// A server that was away has heard nobody for a while.
    private boolean isSilent(Run run, Duration forSo) {
        var heard = run.worker().map(Run.Worker::heardAt).orElse(since);
        var last = heard.isAfter(since) ? heard : since;
        return last.plus(forSo).isBefore(clock.instant());
    }

    private Run lost(Run run, String reason) {
        if (run.state() == RunState.STOPPING) {
            return run.status().wanted() == Wanted.CANCEL
                    ? ended(run, RunState.CANCELLED, CANCELLED)
                    : ended(run, RunState.STOPPED, reason + " What it had saved is kept.");
        }
        return run.with(RunState.INTERRUPTED, shortened(reason), Wanted.GO_ON).withoutWorker();
    }

    private void launch(Run run) {
        if (clock.instant().isBefore(launchesAfter)) {
            return;
        }
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        var token = HexFormat.of().formatHex(bytes);
        var lease = hash(token);
        var job = run.id() + "-" + lease.substring(0, 8);
        var taken = change(run.id(), one -> one.state() == RunState.QUEUED ? taken(one, lease, job) : one);
        if (!taken.isLeasedTo(lease)) {
            return; // another server was faster
        }
        try {
            long pid = launcher.launch(
                    new Launcher.Order(run.id(), prepared(taken), token, job, code -> hasEnded(run.id(), lease, code)));
            change(
                    run.id(),
                    one -> one.worker()
                            .filter(worker -> worker.lease().equals(lease))
                            .map(worker -> one.with(worker.with(pid)))
                            .orElse(one));
        } catch (Launcher.NotNowException | StoreException e) {
            launchesAfter = clock.instant().plus(NOT_NOW);
            var status = new Run.Status(
                    RunState.QUEUED,
                    shortened(e.getMessage()),
                    Wanted.GO_ON,
                    run.status().attempts(),
                    run.status().halvings());
            change(run.id(), now -> {
                if (!now.isLeasedTo(lease)) {
                    return now;
                }
                return now.state() == RunState.STOPPING
                        ? lost(now, "No worker was started.")
                        : now.with(status).withoutWorker();
            });
        } catch (IOException e) {
            failed(run, lease, CheckpointException.reason(e));
        } catch (RuntimeException e) {
            failed(run, lease, e.getMessage());
        }
    }

    private void failed(Run run, String lease, String why) {
        change(
                run.id(),
                now -> now.isLeasedTo(lease) ? ended(now, RunState.FAILED, "No worker could be started: " + why) : now);
    }

    /// A worker's process is no more. If it could, it said so before.
    private void hasEnded(String id, String lease, int code) {
        change(
                id,
                now -> now.isLeasedTo(lease)
                        ? lost(now, "Its worker ended without a word, with exit code " + code + ".")
                        : now);
    }

    private Run taken(Run run, String lease, String job) {
        var now = clock.instant();
        return run.with(new Run.Status(
                        RunState.STARTING,
                        run.status().halvings() == 0 ? "" : run.status().reason(),
                        Wanted.GO_ON,
                        run.status().attempts() + 1,
                        run.status().halvings()))
                .with(new Run.Worker(lease, 0, launcher.startsJobs() ? Optional.of(job) : Optional.empty(), now, now));
    }

    /// A folder for reading that holds what there is of a run by these names, as [CheckpointStore] says.
    ///
    /// @throws RunRefused when there is no such run
    public Path read(String id, Predicate<String> names) {
        return shared.read(get(id).id(), names);
    }

    /// Where a run's worker on this machine finds its job and writes.
    public Path directory(String id) {
        return settings.directory().resolve(get(id).id());
    }

    private Path prepared(Run run) throws IOException {
        var text = corpora.find(run.order().corpus(), run.order().corpusSha256())
                .orElseThrow(() -> new IOException(
                        "the corpus " + run.order().corpus() + " is not there any more, or is another."));
        var folder = Files.createDirectories(directory(run.id()));
        var steps = store.steps(run.id(), run.progress().step() - 1);
        double seconds = steps.isEmpty() ? 0 : steps.getLast().seconds();
        WorkerJson.write(
                folder.resolve(Job.FILE), new Job(run.id(), run.order().config(), text.file(), text.sha256(), seconds));
        shared.putText(text.file(), text.sha256());
        shared.put(folder, Job.FILE);
        return folder;
    }

    /// The one place where a run changes.
    private Run change(String id, UnaryOperator<Run> to) {
        return change(id, to, _ -> {});
    }

    private Run change(String id, UnaryOperator<Run> to, Consumer<Handle> beside) {
        return store.inTransaction(handle -> change(handle, id, to, beside));
    }

    private Run change(Handle handle, String id, UnaryOperator<Run> to, Consumer<Handle> beside) {
        var before = store.lock(handle, id).orElseThrow(() -> notFound(id));
        var after = to.apply(before);
        if (after.state() != before.state()) {
            if (!before.state().next().contains(after.state())) {
                throw new IllegalStateException("a run that is " + before.state() + " cannot be " + after.state());
            }
            store.insertChange(
                    handle,
                    id,
                    new RunChange(
                            clock.instant(),
                            before.state(),
                            after.state(),
                            after.status().reason()));
        }
        beside.accept(handle);
        if (after.state() == RunState.CANCELLED) {
            store.deleteCheckpoints(handle, id);
        }
        store.update(handle, after);
        return after;
    }

    private static RunRefused notFound(String id) {
        return new RunRefused(RunRefused.Kind.NOT_FOUND, "id", "There is no run \"" + id + "\".");
    }

    private static RunRefused conflict(Run run, String what, String states) {
        return RunRefused.conflict(
                "A run can be " + what + " when it is " + states + ", but this one is " + run.state() + ".");
    }

    private static Run queued(Run run, String reason) {
        return run.with(new Run.Status(RunState.QUEUED, reason, Wanted.GO_ON, 0, 0))
                .withoutWorker()
                .endedAt(Optional.empty());
    }

    private Run ended(Run run, RunState state, String reason) {
        return run.with(state, shortened(reason), Wanted.GO_ON).withoutWorker().endedAt(Optional.of(clock.instant()));
    }

    private static String shortened(String reason) {
        return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON - 1) + "…";
    }

    private Run withProgress(Run run, Report report) {
        var old = run.progress();
        var newest = report.steps().isEmpty()
                ? Optional.<Report.Step>empty()
                : Optional.of(report.steps().getLast());
        var losses = report.evaluations().stream()
                .mapToDouble(Report.Evaluation::validationLoss)
                .toArray();
        var best = DoubleStream.concat(old.bestValidationLoss().stream(), Arrays.stream(losses))
                .min();
        var now = clock.instant();
        var worker = run.worker().orElseThrow();
        return run.with(new Run.Progress(
                        newest.map(Report.Step::step).orElse(old.step()),
                        newest.map(step -> OptionalDouble.of(step.loss())).orElse(old.trainLoss()),
                        losses.length == 0 ? old.validationLoss() : OptionalDouble.of(losses[losses.length - 1]),
                        best,
                        newest.map(step -> OptionalDouble.of(step.charactersPerSecond()))
                                .orElse(old.charactersPerSecond()),
                        report.eta(),
                        report.memoryBytes() > 0 ? OptionalLong.of(report.memoryBytes()) : OptionalLong.empty()))
                .with(worker.with(report.pid()).heardAt(now))
                .startedAt(now);
    }

    private static String hash(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
