package tinylm.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointException;
import tinylm.checkpoint.Checkpoints;
import tinylm.inference.Admission;
import tinylm.inference.GenerationRequest;
import tinylm.inference.Lease;
import tinylm.inference.LoadedModel;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;
import tinylm.inference.TokenEvent;
import tinylm.model.Torch;
import tinylm.runs.Environment;
import tinylm.runs.History;
import tinylm.runs.Job;
import tinylm.runs.ProcessLauncher;
import tinylm.runs.Report;
import tinylm.runs.Report.Phase;
import tinylm.runs.Wanted;
import tinylm.runs.WorkerJson;
import tinylm.store.CheckpointStore;
import tinylm.store.StoreException;
import tinylm.text.Corpus;
import tinylm.text.StreamDecoder;
import tinylm.training.Ending;
import tinylm.training.Trainer;
import tinylm.training.TrainingConfig;
import tinylm.training.TrainingEvent;

/// A managed run's process: trains as its job says from the newest checkpoint on, reports to the server, and does what
/// the answers want. Goes on without the server when that is away.
final class Worker {

    private static final int SAMPLE_CHARACTERS = 300;
    private static final long SAMPLE_SECONDS = 30;

    /// Most seconds between two attempts to upload what was saved last.
    private static final long MOST_PAUSE = 15;

    /// Whoever hears this looks for what was saved.
    private static final Set<Phase> KEPT = Set.of(Phase.SUCCEEDED, Phase.STOPPED, Phase.PAUSED);

    /// Less than a Job's pod gets to end, and enough to upload a checkpoint.
    private static final Duration JOB_GRACE = Duration.ofSeconds(50);

    /// More than a Job's pod gets to end.
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(90);

    private final Path directory;
    private final Job job;
    private final int threads;
    private final PrintWriter log;
    private final boolean asJob;
    private final StopOnSignal stop;
    private final WorkerReports reports;
    private final History history;
    private final CheckpointStore store;
    private double secondsBefore;

    private Worker(
            Path directory,
            Job job,
            int threads,
            PrintWriter log,
            boolean asJob,
            StopOnSignal stop,
            WorkerReports reports,
            CheckpointStore store) {
        this.directory = directory;
        this.job = job;
        this.threads = threads;
        this.log = log;
        this.asJob = asJob;
        this.stop = stop;
        this.reports = reports;
        this.history = new History(directory);
        this.store = store;
        this.secondsBefore = job.seconds();
    }

    /// @param asJob keeps the log in the run's folder, too, and ends when the run is paused: the machine is somebody
    /// else's in the meantime
    /// @return the exit code
    static int run(Path directory, int threads, PrintWriter log, boolean asJob) throws IOException {
        try (var stop = asJob ? new StopOnSignal(JOB_GRACE) : new StopOnSignal();
                var store = CheckpointStore.of(
                        Optional.ofNullable(System.getenv(CheckpointStore.VARIABLE)),
                        directory.getParent(),
                        directory)) {
            return run(directory, threads, log, asJob, stop, store);
        }
    }

    private static int run(
            Path directory, int threads, PrintWriter log, boolean asJob, StopOnSignal stop, CheckpointStore store)
            throws IOException {
        Optional<StoreException> away = Optional.empty();
        try {
            store.fetchFiles(directory); // before the first report, for an earlier worker may not have made its last
        } catch (StoreException e) {
            if (Files.notExists(directory.resolve(Job.FILE))) {
                throw e;
            }
            away = Optional.of(e);
        }
        var job = WorkerJson.read(Files.readString(directory.resolve(Job.FILE)), Job.class);
        try (var reports = WorkerReports.start(directory, job.run(), System.getenv());
                var both = asJob
                        ? new PrintWriter(new TwoWriters(log, directory.resolve(ProcessLauncher.LOG)), true)
                        : log) {
            var worker = new Worker(directory, job, threads, both, asJob, stop, reports, store);
            return away.map(e -> worker.interrupted(e.getMessage())).orElseGet(worker::work);
        }
    }

    private int work() {
        try (var _ = asJob ? lock() : RunLock.take(directory)) {
            store.fetchCheckpoints(directory, this::isOurs);
            Torch.load(threads);
            Environment.here(threads).addTo(directory);
            store.fetchText(job.corpus(), job.corpusSha256());
            while (true) {
                switch (train()) {
                    case Ending.Completed _ -> {
                        return end(Phase.SUCCEEDED, "Done.", 0);
                    }
                    case Ending.Plateaued(long step, long bestStep) -> {
                        return end(
                                Phase.SUCCEEDED,
                                "Ended early at step " + step + ": the validation loss has not fallen since step "
                                        + bestStep + ".",
                                0);
                    }
                    case Ending.Diverged diverged -> {
                        return diverged(diverged.sentence());
                    }
                    case Ending.Stopped(long step) -> {
                        if (!isResumed(step)) {
                            return stopped(step);
                        }
                    }
                }
            }
        } catch (StoreException e) {
            return interrupted(e.getMessage());
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            e.printStackTrace(log);
            return end(Phase.FAILED, sentence(e), 1);
        }
    }

    /// Whether a checkpoint is of this run as it is now: not from before it went back to an earlier step.
    private boolean isOurs(Path checkpoint) {
        try {
            var provenance =
                    Checkpoints.load(checkpoint).manifest().orElseThrow().provenance();
            return TrainingConfig.fromMap(provenance.trainingConfig())
                    .withSteps(job.config().steps())
                    .equals(job.config());
        } catch (CheckpointException | IllegalArgumentException e) {
            return false;
        }
    }

    /// Waits for a worker before this one, which its cluster may still be ending.
    private RunLock lock() {
        for (long until = System.nanoTime() + LOCK_PATIENCE.toNanos(); ; ) {
            try {
                return RunLock.take(directory);
            } catch (IllegalStateException e) {
                if (isAskedToEnd() || System.nanoTime() > until) {
                    throw e;
                }
                reports.awaitAnswer();
            }
        }
    }

    private static String sentence(Throwable e) {
        if (e instanceof IOException refused) {
            return "The run's folder cannot be written: " + CheckpointException.reason(refused) + ".";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private int stopped(long step) {
        if (reports.isLeaseLost()) {
            log.println("Another worker has this run by now; saved at step " + step + ".");
            log.flush();
            return 1;
        }
        if (asJob && isPaused()) {
            return end(Phase.PAUSED, "Paused at step " + step + ".", 0);
        }
        if (asJob && stop.requested() && reports.wanted() == Wanted.GO_ON) {
            share();
            say("Told to end, and saved at step " + step + "; the Job starts another pod, which goes on.");
            return StopOnSignal.EXIT_CODE;
        }
        return stop.requested()
                ? end(Phase.INTERRUPTED, "The worker was told to end, and saved at step " + step + ".", 0)
                : end(Phase.STOPPED, "Stopped at step " + step + ".", 0);
    }

    /// Waits while the run is paused.
    private boolean isResumed(long step) {
        if (isPaused() && !asJob) {
            say("Paused at step " + step + ".");
            reports.phase(Phase.PAUSED, "Paused at step " + step + ".");
            while (isPaused()) {
                reports.awaitAnswer();
            }
            reports.phase(Phase.TRAINING, "");
        }
        return mayTrain();
    }

    private boolean isPaused() {
        return !isAskedToEnd() && reports.wanted() == Wanted.PAUSE;
    }

    private boolean mayTrain() {
        return !isAskedToEnd() && reports.wanted() == Wanted.GO_ON;
    }

    private boolean isAskedToEnd() {
        return stop.requested() || reports.isLeaseLost();
    }

    /// Goes back to where all was well. The server hears of it once the store has no more than that: who goes on with
    /// half the learning rate must begin there.
    private int diverged(String sentence) {
        long good = Checkpoints.goBack(directory);
        history.goBack(good);
        var problem = share();
        if (problem.isPresent()) {
            return interrupted(problem.get());
        }
        if (reports.isLeaseLost()) {
            return 1;
        }
        store.removeAfter(job.run(), good > 0 ? good : -1);
        reports.goBack(good);
        return end(Phase.DIVERGED, sentence, 1);
    }

    /// Uploads nothing: what is in the folder may be older than what could not be fetched.
    private int interrupted(String sentence) {
        say(sentence);
        reports.end(Phase.INTERRUPTED, sentence, stop::requested);
        return 1;
    }

    private int end(Phase phase, String sentence, int code) {
        say(sentence);
        boolean isKept = KEPT.contains(phase);
        var problem = isKept ? shareAtLast(sentence) : share();
        if (isKept && reports.wanted() == Wanted.CANCEL) {
            reports.end(Phase.STOPPED, sentence, stop::requested);
            return 0;
        }
        if (reports.isLeaseLost()) {
            return 1;
        }
        if (!isKept || problem.isEmpty()) {
            reports.end(phase, sentence, stop::requested);
            return code;
        }
        if (stop.requested()) {
            return asJob && reports.wanted() == Wanted.GO_ON ? StopOnSignal.EXIT_CODE : interrupted(problem.get());
        }
        var told = sentence + " But it could not be uploaded: " + problem.get()
                + " When the store is back, resume the run: it goes on from what its machine or the store still has.";
        say(told);
        reports.end(Phase.FAILED, told, stop::requested);
        return 1;
    }

    /// Lets other machines see what was saved; if that fails, with the next that is saved.
    ///
    /// @return why it failed
    private Optional<String> share() {
        if (reports.isLeaseLost()) {
            return Optional.empty(); // it is another worker's by now
        }
        try {
            store.put(directory);
            return Optional.empty();
        } catch (StoreException e) {
            say(e.getMessage());
            return Optional.of(e.getMessage());
        }
    }

    /// Waits for a store that is away, as long as for a server that is.
    private Optional<String> shareAtLast(String sentence) {
        var problem = share();
        long until = System.nanoTime() + WorkerReports.LAST_PATIENCE.toNanos();
        for (long pause = 1; problem.isPresent() && !isAskedToEnd() && System.nanoTime() < until; pause *= 2) {
            reports.phase(Phase.TRAINING, sentence + " It waits to upload: " + problem.get());
            long again = System.nanoTime()
                    + Duration.ofSeconds(Math.min(pause, MOST_PAUSE)).toNanos();
            while (!isAskedToEnd() && reports.wanted() != Wanted.CANCEL && System.nanoTime() < again) {
                reports.awaitAnswer();
            }
            if (reports.wanted() == Wanted.CANCEL) {
                return Optional.empty(); // nothing of it is kept
            }
            problem = share();
        }
        return problem;
    }

    private void say(String sentence) {
        log.println(sentence);
        log.flush();
    }

    private Ending train() {
        var text = Corpus.read(job.corpus());
        if (!text.sha256().equals(job.corpusSha256())) {
            throw new IllegalStateException("The corpus " + job.corpus() + " is another text by now.");
        }
        var progress = new TrainingProgress(log);
        var damaged = new ArrayList<String>();
        var newest = Checkpoints.newest(directory, sentence -> {
            progress.refused(sentence);
            damaged.add(sentence);
        });
        if (!damaged.isEmpty()) {
            reports.phase(
                    Phase.TRAINING,
                    newest.map(one -> "Goes on from step "
                                            + one.manifest().orElseThrow().step())
                                    .orElse("Begins anew")
                            + ", because what is newer is damaged: " + String.join(" ", damaged));
        }
        if (newest.isEmpty() && damaged.isEmpty() && job.seconds() > 0) {
            reports.phase(Phase.TRAINING, "Begins anew, because no checkpoint of it is there any more.");
        }
        reports.takeUp(newest.map(one -> one.manifest().orElseThrow().step()).orElse(-1L));
        newest.ifPresent(this::tell); // an earlier worker may have been lost before it did
        var clock = new Clock(System.nanoTime());
        try (var trainer = newest.map(one -> Trainer.resume(job.config(), text, directory, clock::on, one))
                .orElseGet(() -> Trainer.start(job.config(), text, directory, clock::on))) {
            clock.begin(trainer, progress);
            return trainer.run(() -> !mayTrain());
        } finally {
            secondsBefore += clock.seconds();
        }
    }

    /// Hears what the trainer does and passes it on with the time.
    private final class Clock {

        private final long begun;
        private TrainingProgress progress;
        private long evaluated = -1;

        Clock(long begun) {
            this.begun = begun;
        }

        void begin(Trainer trainer, TrainingProgress lines) {
            progress = lines;
            progress.begin(trainer);
        }

        double seconds() {
            return (System.nanoTime() - begun) / 1e9;
        }

        void on(TrainingEvent event) {
            progress.on(event);
            switch (event) {
                case TrainingEvent.Stepped stepped -> reports.add(stepped, secondsBefore + seconds(), progress.eta());
                case TrainingEvent.Evaluated one -> {
                    evaluated = one.step();
                    reports.add(one, secondsBefore + seconds());
                }
                case TrainingEvent.Saving _ -> reports.keep();
                case TrainingEvent.Saved saved -> {
                    if (saved.step() == evaluated || saved.step() == 0) {
                        tell(Checkpoints.load(saved.directory()));
                    } else {
                        share();
                    }
                }
            }
        }
    }

    /// Tells of a checkpoint that was evaluated, or is the first: copies it into the history if it belongs there, and
    /// has it write a sample.
    private void tell(Checkpoint checkpoint) {
        var manifest = checkpoint.manifest().orElseThrow();
        double loss = manifest.validationLoss();
        boolean isScored = !Double.isNaN(loss);
        if (!isScored && manifest.step() > 0) {
            return;
        }
        var kept = History.holds(job.config(), manifest.step())
                ? Optional.of(history.keep(checkpoint))
                : Optional.<Checkpoint>empty();
        share(); // before anybody asks for it
        kept.ifPresent(copy -> reports.add(new Report.Kept(
                manifest.step(), isScored ? OptionalDouble.of(loss) : OptionalDouble.empty(), copy.sha256())));
        reports.add(manifest.step(), sample(checkpoint));
    }

    /// What a checkpoint writes from nothing, always with the same dice.
    private String sample(Checkpoint checkpoint) {
        int[] prompt = {0};
        var parameters = new SamplingParameters(0.8, 40, 1, 0, 1, 1, SAMPLE_CHARACTERS);
        var request =
                new GenerationRequest(Text.EMPTY.withPrompt(prompt), List.of(), parameters, 0, new int[0], new Lease());
        var decoder = new StreamDecoder(checkpoint.tokenizer());
        var text = new StringBuilder();
        var end = new CompletableFuture<TokenEvent>();
        try (var model = LoadedModel.open(checkpoint, LoadedModel.Settings.alone(4, 1))) {
            var admission = model.engine().submit(request, event -> {
                switch (event) {
                    case TokenEvent.Token token -> text.append(decoder.next(token.id()));
                    case TokenEvent.Finished _, TokenEvent.Failed _ -> end.complete(event);
                    case TokenEvent.Accepted _, TokenEvent.Waiting _, TokenEvent.Started _ -> {}
                }
            });
            if (!(admission instanceof Admission.Accepted)) {
                throw new IllegalStateException("the engine takes no sequence: " + admission);
            }
            end.get(SAMPLE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            say("No sample could be written: " + e); // the run goes on without one
        }
        return text.toString();
    }
}
