package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.runs.Job;
import tinylm.runs.Report;
import tinylm.runs.WorkerJson;
import tinylm.training.TrainingEvent;

/// What a worker has to tell while nobody hears it.
class WorkerReportsTest {

    @TempDir
    Path folder;

    @Test
    void what_was_kept_is_on_the_disk_at_once_and_a_line_that_was_cut_off_spoils_no_other() throws IOException {
        try (var reports = start()) {
            reports.add(step(1), 0.1, Optional.empty());
            reports.add(step(2), 0.2, Optional.empty());
            reports.keep();
            assertEquals(List.of(1L, 2L), stepsOnDisk());
        }
        Files.writeString(folder.resolve("unsent.jsonl"), "\n{\"phase\": \"TRAI", StandardOpenOption.APPEND);
        try (var reports = start()) {
            reports.add(step(3), 0.3, Optional.empty());
            reports.keep();
            assertEquals(List.of(1L, 2L, 3L), stepsOnDisk());
        }
    }

    private WorkerReports start() throws IOException {
        return WorkerReports.start(folder, "run-1", Map.of(Job.SERVER, "http://127.0.0.1:1", Job.TOKEN, "none"));
    }

    private static TrainingEvent.Stepped step(long step) {
        return new TrainingEvent.Stepped(step, 4, 0.001, 1, 100);
    }

    private List<Long> stepsOnDisk() throws IOException {
        return Files.readAllLines(folder.resolve("unsent.jsonl")).stream()
                .filter(line -> line.endsWith("}"))
                .flatMap(line -> WorkerJson.read(line, Report.class).steps().stream())
                .map(Report.Step::step)
                .toList();
    }
}
