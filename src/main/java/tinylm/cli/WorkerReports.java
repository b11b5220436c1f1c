package tinylm.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import tinylm.runs.Eta;
import tinylm.runs.Job;
import tinylm.runs.Report;
import tinylm.runs.Report.Phase;
import tinylm.runs.Wanted;
import tinylm.runs.WorkerJson;
import tinylm.training.TrainingEvent;

/// Tells the server what a worker does, on a thread of its own, and hears what is wanted. Each report is on the disk
/// before it is sent and until it is answered, so that nothing is lost when the server is away, or the worker dies.
final class WorkerReports implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofMillis(400);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    static final Duration LAST_PATIENCE = Duration.ofMinutes(10);
    private static final int OK = 200;
    private static final int SERVER_ERROR = 500;
    private static final int TOO_MANY_REQUESTS = 429;

    private final Path unsent;
    private final URI address;
    private final String token;
    private final ServerMemory memory = new ServerMemory(ProcessHandle.current().pid());
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final List<Report> waiting = new ArrayList<>();
    private final List<Report> earlier = new ArrayList<>();
    private final Thread thread;
    private List<Report.Step> steps = new ArrayList<>();
    private List<Report.Evaluation> evaluations = new ArrayList<>();
    private List<Report.Sample> samples = new ArrayList<>();
    private List<Report.Kept> checkpoints = new ArrayList<>();
    private Optional<Eta> eta = Optional.empty();
    private OptionalLong backTo = OptionalLong.empty();
    private Phase phase = Phase.TRAINING;
    private String sentence = "";
    private Wanted wanted = Wanted.GO_ON;
    private boolean leaseLost;
    private boolean tookUp;
    private boolean closed;

    private WorkerReports(Path directory, String run, URI server, String token) {
        this.unsent = directory.resolve("unsent.jsonl");
        this.address = server.resolve("/internal/runs/" + run + "/reports");
        this.token = token;
        this.thread = Thread.ofPlatform().daemon().name("reports").unstarted(this::report);
    }

    /// @param environment names the server and holds the token
    static WorkerReports start(Path directory, String run, Map<String, String> environment) throws IOException {
        var server = environment.get(Job.SERVER);
        var token = environment.get(Job.TOKEN);
        if (server == null || token == null) {
            throw new IllegalArgumentException("A worker is started by the server, which sets " + Job.SERVER + " and "
                    + Job.TOKEN + "; to train without one, leave --worker out.");
        }
        var reports = new WorkerReports(directory, run, URI.create(server), token);
        reports.readUnsent();
        reports.thread.start();
        return reports;
    }

    /// What earlier workers could not send.
    private void readUnsent() throws IOException {
        if (Files.exists(unsent)) {
            var text = new String(Files.readAllBytes(unsent), StandardCharsets.UTF_8);
            for (var line : text.split("\n")) {
                try {
                    earlier.add(WorkerJson.read(line, Report.class));
                } catch (IllegalArgumentException e) {
                    // cut off in the middle, when its worker died
                }
            }
        }
    }

    /// Sends what earlier workers could not, up to the step that this one goes on from: those after it are made and
    /// told again, and may be others, where a run went back. It is history: what those workers were doing does not
    /// matter any more.
    synchronized void takeUp(long last) {
        if (!tookUp) {
            tookUp = true;
            for (var old : earlier) {
                waiting.add(new Report(
                        Phase.TRAINING,
                        "",
                        ProcessHandle.current().pid(),
                        0,
                        Optional.empty(),
                        upTo(last, old.steps(), Report.Step::step),
                        upTo(last, old.evaluations(), Report.Evaluation::step),
                        upTo(last, old.samples(), Report.Sample::step),
                        upTo(last, old.checkpoints(), Report.Kept::step),
                        OptionalLong.empty()));
            }
            earlier.clear();
        }
    }

    private static <T> List<T> upTo(long last, List<T> told, ToLongFunction<T> step) {
        return told.stream().filter(one -> step.applyAsLong(one) <= last).toList();
    }

    synchronized Wanted wanted() {
        return wanted;
    }

    /// Whether another worker has the run by now, or none shall.
    synchronized boolean isLeaseLost() {
        return leaseLost;
    }

    synchronized void phase(Phase next, String why) {
        phase = next;
        sentence = why;
        notifyAll();
    }

    synchronized void add(TrainingEvent.Stepped stepped, double seconds, Optional<Eta> left) {
        steps.add(Report.Step.of(stepped, memoryBytes(), seconds));
        eta = left;
    }

    synchronized void add(TrainingEvent.Evaluated evaluated, double seconds) {
        evaluations.add(new Report.Evaluation(
                evaluated.step(),
                Double.isNaN(evaluated.trainLoss()) ? OptionalDouble.empty() : OptionalDouble.of(evaluated.trainLoss()),
                evaluated.validationLoss(),
                seconds));
    }

    synchronized void add(long step, String sample) {
        samples.add(new Report.Sample(step, sample));
    }

    synchronized void add(Report.Kept checkpoint) {
        checkpoints.add(checkpoint);
    }

    /// The next worker will go on from this step.
    synchronized void goBack(long step) {
        backTo = OptionalLong.of(step);
    }

    /// Returns when something has changed, or after the interval between two reports.
    synchronized void awaitAnswer() {
        try {
            wait(INTERVAL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Sends the last report; tries again while the server is away, until `stop` says that there is no time.
    void end(Phase last, String why, BooleanSupplier stop) {
        close();
        phase(last, why);
        long until = System.nanoTime() + LAST_PATIENCE.toNanos();
        while (!send() && !stop.getAsBoolean() && System.nanoTime() < until) {
            awaitAnswer();
        }
    }

    /// Sends nothing more by itself.
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void report() {
        while (!isClosed()) {
            send();
            awaitAnswer();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /// @return whether the server has heard everything
    private boolean send() {
        if (isLeaseLost()) {
            return true;
        }
        try {
            keep();
            for (var first = first(); first.isPresent(); first = first()) {
                if (!send(first.get())) {
                    return false;
                }
                removeFirst();
            }
            return true;
        } catch (IOException e) {
            return false; // the server is away: tried again soon
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized Optional<Report> first() {
        return waiting.isEmpty() ? Optional.empty() : Optional.of(waiting.getFirst());
    }

    private synchronized void removeFirst() {
        waiting.removeFirst();
        if (waiting.isEmpty() && tookUp) {
            try {
                Files.deleteIfExists(unsent);
            } catch (IOException e) {
                // what is told twice counts once
            }
        }
    }

    /// Puts what is to be told on the disk, so that it is told even if this worker dies.
    synchronized void keep() {
        waiting.add(next());
        try {
            // begins with the end of a line, for the one before may have been cut off
            Files.writeString(
                    unsent,
                    "\n" + WorkerJson.text(waiting.getLast()),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            // the disk is full: the server can still be told
        }
    }

    private Report next() {
        var report = new Report(
                phase,
                sentence,
                ProcessHandle.current().pid(),
                memoryBytes(),
                eta,
                steps,
                evaluations,
                samples,
                checkpoints,
                backTo);
        steps = new ArrayList<>();
        evaluations = new ArrayList<>();
        samples = new ArrayList<>();
        checkpoints = new ArrayList<>();
        return report;
    }

    private boolean send(Report report) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .header(Job.TOKEN_HEADER, token)
                .POST(HttpRequest.BodyPublishers.ofString(WorkerJson.text(report)))
                .build();
        var response = http.send(request, HttpResponse.BodyHandlers.ofString());
        int status = response.statusCode();
        if (status >= SERVER_ERROR || status == TOO_MANY_REQUESTS) {
            return false;
        }
        synchronized (this) {
            if (status == OK) {
                wanted = WorkerJson.read(response.body(), Report.Answer.class).wanted();
            } else {
                leaseLost = true;
            }
            notifyAll();
        }
        return status == OK;
    }

    private long memoryBytes() {
        try {
            return memory.kilobytes() << 10;
        } catch (IOException e) {
            return 0; // this system does not say
        }
    }
}
