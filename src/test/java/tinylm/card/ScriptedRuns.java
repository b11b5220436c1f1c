package tinylm.card;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.flywaydb.core.Flyway;
import tinylm.runs.Corpora;
import tinylm.runs.EmptyDatabase;
import tinylm.runs.FakeLauncher;
import tinylm.runs.OwnCatalog;
import tinylm.runs.Report;
import tinylm.runs.Run;
import tinylm.runs.Runs;
import tinylm.store.CheckpointStore;
import tinylm.text.CorpusCatalog;

/// Runs in a database of their own, with workers that the test plays.
final class ScriptedRuns {

    final Runs runs;
    private final FakeLauncher launcher = new FakeLauncher();

    ScriptedRuns(Path folder) {
        var database = EmptyDatabase.h2(folder);
        Flyway.configure().dataSource(database).locations("db/migration").load().migrate();
        OwnCatalog.write(folder);
        runs = new Runs(
                database,
                new Runs.Settings(folder.resolve("runs"), 1, Duration.ofMinutes(10), 3, 100),
                new Corpora(
                        CorpusCatalog.read(folder.resolve("corpora.json")),
                        folder,
                        database,
                        CheckpointStore.onVolume(folder.resolve("runs")),
                        Clock.systemUTC()),
                launcher,
                CheckpointStore.onVolume(folder.resolve("runs")),
                Clock.systemUTC());
    }

    /// Queues one of the preset demo.
    Run start(String name, Map<String, Object> changes) {
        return runs.start(Optional.of(name), "demo", "own", changes);
    }

    void report(
            String id,
            Report.Phase phase,
            String sentence,
            List<Report.Step> steps,
            List<Report.Evaluation> evaluations,
            List<Report.Sample> samples) {
        runs.tick();
        runs.report(
                id,
                launcher.worker(id).token(),
                new Report(
                        phase,
                        sentence,
                        5,
                        1,
                        Optional.empty(),
                        steps,
                        evaluations,
                        samples,
                        List.of(),
                        OptionalLong.empty()));
    }

    static Report.Step step(long step, double loss) {
        return new Report.Step(step, loss, 0.001 / step, 1.5 + 1.0 / step, 1e5 / step, 1L << 40, step * 0.1);
    }

    static Report.Evaluation evaluation(long step, double loss) {
        return new Report.Evaluation(step, OptionalDouble.of(loss - 1.0 / 3), loss, step * 0.1 + 0.05);
    }
}
