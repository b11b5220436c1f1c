package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

/// `bench --load` before a server whose answers are known.
class LoadBenchTest {

    private record Result(int code, String out, String err) {}

    private static Result load(ScriptedServer server, String... more) {
        var arguments = new ArrayList<>(List.of("--load", "--url", server.url().toString(), "--seconds", "1"));
        arguments.addAll(Arrays.asList(more));
        var out = new StringWriter();
        var err = new StringWriter();
        int code = new CommandLine(new BenchCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setExecutionExceptionHandler((failure, command, _) -> {
                    command.getErr().print(failure.getMessage());
                    return 1;
                })
                .execute(arguments.toArray(String[]::new));
        return new Result(code, out.toString(), err.toString());
    }

    private static String answer(JsonObject request) {
        return "seed " + request.getLong("seed");
    }

    @Test
    void every_stream_is_measured_and_its_text_found_equal_when_asked_alone() {
        try (var server = new ScriptedServer(
                (socket, request) -> {
                    int length = request.getString("input").length();
                    assertTrue(length >= 1 && length <= 200, () -> "input of " + length);
                    int most = request.getInteger("max_output_tokens");
                    assertTrue(most >= 1 && most <= 400, () -> "max_output_tokens " + most);
                    ScriptedServer.write(socket, answer(request));
                },
                "")) {
            Result result = load(server, "--streams", "1,3", "--check", "--burst");
            assertEquals(0, result.code, result.err);
            for (String row : List.of("1 ", "1 at once", "3 ", "3 at once")) {
                assertTrue(
                        Pattern.compile("(?m)^" + row + ".* 0 +\\d+%$")
                                .matcher(result.out)
                                .find(),
                        result.out);
            }
            assertTrue(result.out.contains("3 texts asked again alone, 0 different"), result.out);
            assertTrue(server.frames() > 8, "asked " + server.frames() + " times");
        }
    }

    @Test
    void a_text_that_is_different_when_asked_alone_is_found() {
        var answers = new AtomicInteger();
        try (var server = new ScriptedServer(
                (socket, _) -> ScriptedServer.write(socket, "answer " + answers.incrementAndGet()), "")) {
            Result result = load(server, "--streams", "2", "--check");
            assertEquals(1, result.code, result.out);
            assertTrue(result.err.contains("2 texts are different when asked alone"), result.err);
        }
    }

    @Test
    void refusals_wrong_sums_and_lost_connections_are_errors() {
        var refusal = new JsonObject().put("code", "queue_full").put("message", "Come back later.");
        try (var server = new ScriptedServer(
                (socket, _) -> ScriptedServer.send(
                        socket, new JsonObject().put("type", "error").put("error", refusal)),
                "")) {
            Result result = load(server, "--streams", "1");
            assertEquals(1, result.code, result.out);
            assertTrue(result.err.contains("queue_full: Come back later."), result.err);
            assertTrue(server.frames() > 1 && server.frames() < 40, "asked " + server.frames() + " times");
        }
        try (var server = new ScriptedServer(
                (socket, request) -> {
                    ScriptedServer.send(
                            socket,
                            new JsonObject()
                                    .put("type", "response.output_text.done")
                                    .put("text", "more"));
                    ScriptedServer.write(socket, answer(request));
                },
                "")) {
            Result result = load(server, "--streams", "1");
            assertTrue(result.err.contains("do not add up"), result.err);
        }
        try (var server = new ScriptedServer((socket, _) -> socket.close((short) 1012, "Service restart"), "")) {
            Result result = load(server, "--streams", "1", "--burst");
            assertEquals(1, result.code, result.out);
            assertTrue(result.err.contains("closed with 1012 Service restart"), result.err);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void idle_connections_are_weighed_by_the_process_that_the_server_names() {
        String metrics = "tinylm_process_info{pid=\"" + ProcessHandle.current().pid() + "\"} 1.0\n";
        try (var server =
                new ScriptedServer((socket, request) -> ScriptedServer.write(socket, answer(request)), metrics)) {
            Result result = load(server, "--streams", "1", "--idle", "120");
            assertEquals(0, result.code, result.err);
            assertTrue(result.out.matches("(?s)120 idle connections cost -?[0-9.]+ MB.* kB each.*"), result.out);
            assertEquals(50 + 120 + 1, server.authorizations().size());
        }
        try (var silent = new ScriptedServer((_, _) -> {}, "")) {
            Result result = load(silent, "--idle", "1");
            assertEquals(1, result.code);
            assertTrue(result.err.contains("name it with --pid"), result.err);
        }
    }

    @Test
    void a_frame_is_read_by_its_outermost_fields() {
        assertEquals(
                new LoadFrame.Delta(1042, "a \"b\"\n"),
                LoadFrame.parse("{\"x\":[{\"type\":\"no\"}],\"delta\":\"a \\\"b\\\"\\n\",\"sequence_number\":1042,"
                        + "\"logprobs\":[{\"token\":\"t\"}],\"type\":\"response.output_text.delta\"}"));
        assertEquals(
                new LoadFrame.Created("t.k"),
                LoadFrame.parse("{\"type\":\"response.created\",\"response\":{\"ticket\":\"x\"},\"ticket\":\"t.k\"}"));
        assertEquals(
                new LoadFrame.Problem("c", "m"),
                LoadFrame.parse(
                        "{\"error\":{\"param\":{\"code\":\"x\"},\"code\":\"c\",\"message\":\"m\"},\"type\":\"error\"}"));
        assertTrue(LoadFrame.parse("{\"type\":") instanceof LoadFrame.Problem);
        assertFalse(LoadFrame.parse("{\"type\":\"response.in_progress\"}") instanceof LoadFrame.Problem);
    }

    @Test
    void a_quantile_is_a_time_that_was_measured() {
        var times = new LoadTimes();
        assertTrue(Double.isNaN(times.millis(0.5)));
        for (int i = 2000; i > 0; i--) {
            times.add(i * 1_000_000L);
        }
        assertEquals(1000, times.millis(0.5));
        assertEquals(1980, times.millis(0.99));
        assertEquals(2000, times.millis(1));
        assertEquals(1, times.millis(0));
    }
}
