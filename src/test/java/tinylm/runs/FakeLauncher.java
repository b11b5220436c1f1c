package tinylm.runs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;

/// Starts no process, and remembers what it should have started.
public final class FakeLauncher implements Launcher {

    /// @param job as a worker would read it
    /// @param ended to be told when it would have ended
    public record Launched(Job job, Path directory, String token, IntConsumer ended, long pid) {}

    private final List<Launched> launched = new CopyOnWriteArrayList<>();
    private final List<Long> killed = new CopyOnWriteArrayList<>();
    volatile String refusal = "";

    @Override
    public long launch(Order order) throws IOException {
        if (!refusal.isEmpty()) {
            throw new IOException(refusal);
        }
        var job = WorkerJson.read(Files.readString(order.directory().resolve(Job.FILE)), Job.class);
        launched.add(new Launched(job, order.directory(), order.token(), order.ended(), 1_000 + launched.size()));
        return launched.getLast().pid();
    }

    @Override
    public long measure(Path file) throws IOException {
        PresetCosts.write(file, new PresetCosts.Measured(0, Map.of("demo", new PresetCosts.Cost(90, 7L << 20))));
        return Long.MAX_VALUE; // nobody has it
    }

    @Override
    public void kill(Run.Worker worker) {
        killed.add(worker.pid());
    }

    public List<Launched> launched() {
        return launched;
    }

    /// The newest worker of a run.
    public Launched worker(String run) {
        return launched.reversed().stream()
                .filter(one -> one.job().run().equals(run))
                .findFirst()
                .orElseThrow();
    }

    List<Long> killed() {
        return killed;
    }
}
