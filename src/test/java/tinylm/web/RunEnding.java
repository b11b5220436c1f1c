package tinylm.web;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.awaitility.Awaitility;
import tinylm.runs.FakeLauncher;
import tinylm.runs.Report;
import tinylm.runs.Run;
import tinylm.runs.RunState;
import tinylm.runs.Runs;

/// Ends what a test has begun, as its workers.
final class RunEnding {

    private RunEnding() {}

    static void endAll(Runs runs, FakeLauncher launcher) {
        Awaitility.await().until(() -> runs.list().stream().allMatch(run -> hasEnded(run, runs, launcher)));
    }

    /// A queued run may have got its worker in the meantime.
    private static boolean hasEnded(Run run, Runs runs, FakeLauncher launcher) {
        if (run.state() == RunState.QUEUED) {
            runs.stop(run.id());
        } else if (run.worker().isPresent() && isLaunched(run, launcher)) {
            runs.report(
                    run.id(),
                    launcher.worker(run.id()).token(),
                    new Report(
                            Report.Phase.FAILED,
                            "Over.",
                            5,
                            0,
                            Optional.empty(),
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of(),
                            OptionalLong.empty()));
        }
        return run.state() != RunState.QUEUED && !run.worker().isPresent();
    }

    private static boolean isLaunched(Run run, FakeLauncher launcher) {
        return launcher.launched().stream().anyMatch(one -> one.job().run().equals(run.id()));
    }
}
