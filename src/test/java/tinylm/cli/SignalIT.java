package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Checkpoints;
import tinylm.training.OwnText;

/// SIGTERM and Ctrl-C at random instants: a clean end within 5 seconds, a checkpoint that loads, never a JVM crash.
@EnabledOnOs({OS.LINUX, OS.MAC})
class SignalIT {

    /// For more: `-Dtinylm.signals=20`.
    private static final int TIMES = Integer.getInteger("tinylm.signals", 8);
    private static final Duration BOUND = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    @Test
    void training_ends_cleanly_and_goes_on_from_there() throws Exception {
        Path corpus = folder.resolve("own.txt");
        Files.writeString(corpus, OwnText.text(50_000));
        Path run = folder.resolve("run");
        SplittableRandom random = new SplittableRandom(23);
        for (int time = 0; time < TIMES; time++) {
            List<String> arguments = time == 0
                    ? List.of(
                            "train",
                            "--preset",
                            "small",
                            "--steps",
                            "100000",
                            "--evaluate-every",
                            "20",
                            "--dropout",
                            "0.1",
                            "--corpus",
                            corpus.toString(),
                            "--out",
                            run.toString())
                    : List.of("train", "--resume", "--corpus", corpus.toString(), "--out", run.toString());
            try (var process = PackagedProcess.start(folder, arguments.toArray(String[]::new))) {
                process.await("parameters, steps");
                stopAtRandom(process, time, random);
                assertTrue(process.output().contains("Stopped at step"), process.output());
            }
            assertTrue(Checkpoints.newest(run, _ -> {}).isPresent(), "no checkpoint after time " + time);
        }
    }

    @Test
    void decoding_ends_cleanly() throws Exception {
        Path corpus = folder.resolve("own.txt");
        Files.writeString(corpus, OwnText.text(20_000));
        try (var process = PackagedProcess.start(
                folder, "train", "--preset", "small", "--steps", "1", "--corpus", corpus.toString(), "--out", "run")) {
            process.secondsToEnd(Duration.ofSeconds(90));
            assertEquals(0, process.exitCode(), process.output());
        }
        SplittableRandom random = new SplittableRandom(29);
        for (int time = 0; time < TIMES; time++) {
            try (var process = PackagedProcess.start(
                    folder, "generate", "--checkpoint", "run", "--prompt", "Oh, ", "--tokens", "10000000")) {
                process.await("Oh, ");
                stopAtRandom(process, time, random);
            }
        }
    }

    private static void stopAtRandom(PackagedProcess process, int time, SplittableRandom random) throws Exception {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1500)));
        process.signal(time % 2 == 0 ? "TERM" : "INT");
        double seconds = process.secondsToEnd(BOUND.plusSeconds(5));
        assertTrue(seconds < BOUND.toSeconds(), "time " + time + " took " + seconds + " s: " + process.output());
        assertEquals(List.of(), process.crashReports(), process.output());
        assertEquals(time % 2 == 0 ? 143 : 130, process.exitCode(), process.output());
    }
}
