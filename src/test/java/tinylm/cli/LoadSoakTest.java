package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// The soak before a server that keeps its promises, and before some that do not.
class LoadSoakTest {

    private static final int PIECE = 10;
    private static final long SEED = 3;

    /// @param resumed what becomes of the rest of a text when a stream is resumed
    private static LoadSoak.Totals soak(UnaryOperator<String> resumed, Predicate<LoadSoak.Totals> enough) {
        return soak(resumed, 0, enough, Duration.ofMinutes(1));
    }

    /// @param missing characters that a text lacks, each time it is asked for
    private static LoadSoak.Totals soak(
            UnaryOperator<String> resumed, int missing, Predicate<LoadSoak.Totals> enough, Duration longestSilence) {
        var totals = new LoadSoak.Totals();
        try (var server = new ScriptedServer((socket, frame) -> answer(socket, frame, resumed, missing), "");
                var load = new LoadServer(server.url(), Optional.empty())) {
            var visitor = new LoadSoak(load, new SplittableRandom(SEED), new int[] {'a', 'b'}, totals);
            load.run(visitor::begin);
            Awaitility.await("seed " + SEED).until(() -> enough.test(totals));
            var ended = new CompletableFuture<Void>();
            load.run(() -> {
                visitor.end(longestSilence);
                ended.complete(null);
            });
            ended.join(); // before the client closes, which the visitor would take for an error
        }
        return totals;
    }

    private static void answer(ServerWebSocket socket, JsonObject frame, UnaryOperator<String> resumed, int missing) {
        switch (frame.getString("type")) {
            case "response.create" -> {
                var ticket = frame.getLong("seed") + ":" + (frame.getInteger("max_output_tokens") - missing);
                ScriptedServer.send(
                        socket, new JsonObject().put("type", "response.created").put("ticket", ticket));
                write(socket, text(ticket), text(ticket), 0);
            }
            case "response.resume" -> {
                var whole = text(frame.getString("ticket"));
                int arrived = frame.getInteger("starting_after") - 1000;
                write(socket, resumed.apply(whole.substring(arrived)), whole, arrived);
            }
            default -> {} // a cancel comes too late: all has been sent
        }
    }

    private static void write(ServerWebSocket socket, String rest, String whole, int arrived) {
        for (int i = 0; i < rest.length(); i += PIECE) {
            var delta = rest.substring(i, Math.min(rest.length(), i + PIECE));
            ScriptedServer.send(
                    socket,
                    new JsonObject()
                            .put("type", "response.output_text.delta")
                            .put("sequence_number", 1000 + arrived + i + delta.length())
                            .put("delta", delta));
        }
        ScriptedServer.send(
                socket,
                new JsonObject().put("type", "response.output_text.done").put("text", whole));
        ScriptedServer.send(socket, new JsonObject().put("type", "response.incomplete"));
    }

    private static String text(String ticket) {
        var parts = ticket.split(":");
        var text = new StringBuilder();
        new SplittableRandom(Long.parseLong(parts[0]))
                .ints(Integer.parseInt(parts[1]), 'a', 'z')
                .forEach(text::appendCodePoint);
        return text.toString();
    }

    @Test
    void exact_streams_are_found_exact() {
        var totals = soak(rest -> rest, met -> met.resumes > 10 && met.cancels > 3);
        assertEquals(0, totals.different + totals.errors, totals.first);
        assertTrue(totals.texts > 10);
    }

    @Test
    void a_lost_a_doubled_and_a_changed_character_are_found() {
        var faults = List.<UnaryOperator<String>>of(
                rest -> rest.isEmpty() ? rest : rest.substring(1),
                rest -> rest.isEmpty() ? rest : rest.charAt(0) + rest,
                rest -> rest.isEmpty() ? rest : '!' + rest.substring(1));
        for (var fault : faults) {
            assertTrue(soak(fault, met -> met.different > 0).different > 0);
        }
    }

    @Test
    void a_text_that_ends_too_early_and_a_visitor_who_is_forgotten_are_found() {
        var totals = soak(rest -> rest, 1, met -> met.different > 0, Duration.ofMinutes(1));
        assertTrue(totals.first.startsWith("a text was told to be whole with "), totals.first);
        assertTrue(soak(rest -> rest, 0, met -> met.resumes > 0, Duration.ofNanos(1)).errors > 0);
    }

    @Test
    void a_slope_is_that_of_the_line_and_its_error_that_of_the_noise() {
        assertEquals(new Slope(3, 0), Slope.of(List.of(1L, 4L, 7L, 10L)));
        var noisy = Slope.of(List.of(10L, 12L, 9L, 11L, 10L, 12L));
        assertTrue(Math.abs(noisy.perStep()) < 2 * noisy.error(), noisy.toString());
        assertTrue(Double.isNaN(Slope.of(List.of(1L, 2L)).error()));
    }
}
