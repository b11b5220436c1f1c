package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.runs.Job;
import tinylm.runs.Report;
import tinylm.runs.Wanted;
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

    @Test
    void what_an_earlier_worker_could_not_tell_is_told_up_to_where_the_next_goes_on() throws IOException {
        try (var reports = start()) {
            LongStream.rangeClosed(1, 9).forEach(step -> reports.add(step(step), 0.1, Optional.empty()));
            reports.keep();
        }
        Files.write(folder.resolve("unsent.jsonl"), new byte[] {'\n', '{', (byte) 0xc3}, StandardOpenOption.APPEND);
        var told = new ConcurrentLinkedQueue<Long>();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var report = WorkerJson.read(new String(exchange.getRequestBody().readAllBytes()), Report.class);
            report.steps().forEach(step -> told.add(step.step()));
            var answer = WorkerJson.text(new Report.Answer(Wanted.GO_ON)).getBytes();
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        try (var reports = start("http://127.0.0.1:" + server.getAddress().getPort())) {
            for (int i = 0; i < 4; i++) {
                reports.awaitAnswer(); // what is sent before does not take the earlier away
            }
            assertTrue(Files.exists(folder.resolve("unsent.jsonl")));
            reports.takeUp(6);
            reports.end(Report.Phase.SUCCEEDED, "Done.", () -> false);
        } finally {
            server.stop(0);
        }
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), List.copyOf(told));
        assertFalse(Files.exists(folder.resolve("unsent.jsonl")));
    }

    private WorkerReports start() throws IOException {
        return start("http://127.0.0.1:1"); // nobody is there
    }

    private WorkerReports start(String server) throws IOException {
        return WorkerReports.start(folder, "run-1", Map.of(Job.SERVER, server, Job.TOKEN, "none"));
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
