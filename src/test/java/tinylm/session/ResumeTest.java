package tinylm.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.session.FakeServer.following;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.inference.FinishReason;
import tinylm.inference.SamplingParameters;

/// A stream that was lost goes on elsewhere, with nothing lost, doubled or different.
class ResumeTest {

    private static final int LENGTH = 100;

    private final FakeServer server = new FakeServer();
    private final FakeServer other = new FakeServer();

    @AfterEach
    void close() {
        server.close();
        other.close();
    }

    @Test
    void a_response_cut_at_any_character_goes_on_elsewhere_with_and_without_its_text() {
        resumedFromEveryCut(whole(request("abc", "")));
    }

    @Test
    void a_response_that_ended_before_a_stop_string_ends_there_wherever_it_is_cut() {
        var text = whole(request("abc", "")).text();
        int from = text.offsetByCodePoints(0, 60);
        var stop = text.substring(from, text.offsetByCodePoints(from, 3));
        var whole = whole(request("abc", stop));
        assertEquals(FinishReason.STOP, whole.awaitEnded().reason());
        assertTrue(whole.text().length() > 3, whole.text());
        resumedFromEveryCut(whole);
    }

    @Test
    void a_continued_response_whose_beginning_is_out_of_view_goes_on_from_any_cut() {
        var session = server.session();
        var first = create(session, request("abcdefgh", ""));
        var second = create(session, following(first.created().id(), request("hg fe", "")));
        resumedFromEveryCut(create(session, following(second.created().id(), request("", ""))));
    }

    private void resumedFromEveryCut(Heard whole) {
        var ended = whole.awaitEnded();
        int length = ended.outputTokens();
        for (int cut = 0; cut <= length; cut++) {
            int received = cut;
            // as far as there is a number to say it, the events behind the text may have come too
            int behind = cut == length ? 4 : 0;
            for (int further = 0; further <= behind; further++) {
                long startingAfter = ResponseEvent.TEXT + cut + further;
                for (var text : List.of(Optional.of(characters(ended.text(), cut)), Optional.<String>empty())) {
                    var heard = resume(other.session(), whole, startingAfter, text);
                    var message = "cut at " + cut + " + " + further + (text.isPresent() ? " with its text" : "");
                    var again = heard.awaitEnded();
                    assertEquals(whole.deltas().subList(received, length), heard.deltas(), message);
                    assertEquals(ended.text(), again.text(), message);
                    assertEquals(ended.reason(), again.reason(), message);
                    assertEquals(ended.inputTokens(), again.inputTokens(), message);
                    assertEquals(length, again.outputTokens(), message);
                    var resumed = heard.resumed();
                    assertEquals(whole.created().id(), resumed.id(), message);
                    assertEquals(startingAfter, resumed.startingAfter(), message);
                    assertEquals(Math.min(cut + further, LENGTH), resumed.characters(), message);
                    assertEquals(
                            whole.created().request().parameters(),
                            resumed.request().parameters());
                }
            }
        }
    }

    @Test
    void before_the_first_character_all_numbers_mean_that_nothing_came() {
        var whole = whole(request("abc", ""));
        for (long number : new long[] {0, 1, 3, 999, 1_000}) {
            var heard = resume(other.session(), whole, number, Optional.empty());
            assertEquals(whole.awaitEnded().text(), heard.awaitEnded().text());
            assertEquals(whole.deltas(), heard.deltas());
            assertEquals(0, heard.resumed().characters());
        }
    }

    @Test
    void a_text_that_lacks_some_of_what_came_is_made_up_for() {
        var whole = whole(request("abc", ""));
        for (int cut = 1; cut < LENGTH; cut += 7) {
            var heard = resume(other.session(), whole, 1_000 + cut, text(whole, cut / 2));
            assertEquals(whole.awaitEnded().text(), heard.awaitEnded().text(), "cut at " + cut);
            assertEquals(whole.deltas().subList(cut, LENGTH), heard.deltas(), "cut at " + cut);
        }
    }

    @Test
    void with_its_text_a_response_goes_on_within_half_a_context_of_steps_although_more_is_in_view() {
        var whole = whole(request("abc", ""));
        for (int cut = 40; cut < 90; cut++) {
            int steps = other.runner.decodes.get();
            var heard = resume(other.session(), whole, 1_000 + cut, text(whole, cut));
            heard.awaitEnded();
            int taken = other.runner.decodes.get() - steps - (LENGTH - cut);
            assertTrue(taken <= FakeServer.CONTEXT / 2, taken + " decodes to catch up, cut at " + cut);
        }
    }

    @Test
    void a_resumed_response_can_be_lost_and_resumed_again_anywhere() {
        var whole = whole(request("abc", ""));
        var session = other.session();
        for (int cut : new int[] {10, 40, 41, 80, 99}) {
            for (var there : List.of(session, server.session())) {
                var heard = resume(there, whole, 1_000 + cut, text(whole, cut));
                heard.awaitCharacters(1);
                there.cancel();
                heard.awaitEnded();
                var again = resume(there, whole, 1_000 + cut, text(whole, cut));
                assertEquals(whole.awaitEnded().text(), again.awaitEnded().text(), "cut at " + cut);
                assertEquals(whole.deltas().subList(cut, LENGTH), again.deltas(), "cut at " + cut);
            }
        }
    }

    @Test
    void a_resumed_response_can_be_continued_as_the_first_could() {
        var session = server.session();
        var whole = create(session, request("abc", ""));
        var next = create(session, following(whole.created().id(), request("gh", "")));
        for (int cut : new int[] {0, 1, 50, 99, 100}) {
            for (var text : List.of(text(whole, cut), Optional.<String>empty())) {
                var there = other.session();
                resume(there, whole, 1_000 + cut, text).awaitEnded();
                var continued = create(there, following(whole.created().id(), request("gh", "")));
                assertEquals(next.deltas(), continued.deltas(), "cut at " + cut);
                assertEquals(next.awaitEnded().text(), continued.awaitEnded().text(), "cut at " + cut);
            }
        }
    }

    @Test
    void a_text_that_was_altered_is_found_out_and_the_session_stays_free() {
        var whole = whole(request("abc", ""));
        var session = other.session();
        for (int cut : new int[] {1, 2, 20, 50, 77}) {
            var received = characters(whole.text(), cut);
            var last = received.substring(received.offsetByCodePoints(received.length(), -1));
            var altered = characters(received, cut - 1) + (last.equals("a") ? "b" : "a");
            var heard = resume(session, whole, 1_000 + cut, Optional.of(altered));
            assertEquals("text_mismatch", heard.awaitFailed().code());
            assertTrue(
                    heard.awaitFailed().message().contains("character " + cut + " "),
                    heard.awaitFailed().message());
            assertEquals(List.of(), heard.deltas());
            assertFalse(session.isBusy());
        }
    }

    @Test
    void what_cannot_be_resumed_is_refused_with_the_field_and_what_is_allowed() {
        var whole = whole(request("abc", ""));
        var ticket = whole.created().ticket();
        refused("ticket_invalid", "ticket", "response.created", other, "nonsense", 1_000, Optional.empty());
        refused("invalid_value", "starting_after", "0 to 1104, but is -1", other, ticket, -1, Optional.empty());
        refused("invalid_value", "starting_after", "0 to 1104, but is 1105", other, ticket, 1_105, Optional.empty());
        refused(
                "invalid_value",
                "starting_after",
                "but is 9223372036854775807",
                other,
                ticket,
                Long.MAX_VALUE,
                Optional.empty());
        refused("invalid_value", "text", "5 characters at most, but has 6", other, ticket, 1_005, text(whole, 6));
        refused("invalid_value", "text", "0 characters at most, but has 1", other, ticket, 3, text(whole, 1));
        refused("unknown_characters", "text", "U+007A", other, ticket, 1_005, Optional.of("z"));
        try (var stranger = FakeServer.withOtherKey()) {
            refused("ticket_invalid", "ticket", "same ticket key", stranger, ticket, 1_000, Optional.empty());
        }
        try (var stranger = FakeServer.withOtherWeights()) {
            refused("other_checkpoint", "ticket", "another model", stranger, ticket, 1_000, Optional.empty());
        }
        try (var stranger = FakeServer.withOtherNumerics()) {
            refused(
                    "other_numerics",
                    "ticket",
                    "computes differently (exact, here other)",
                    stranger,
                    ticket,
                    1_000,
                    Optional.empty());
        }
    }

    @Test
    void nothing_is_resumed_while_a_response_is_in_progress() {
        var whole = whole(request("abc", ""));
        var session = other.session();
        session.create(FakeServer.request("abc", 1_000_000), new Heard());
        var heard = new Heard();
        var refusal = session.resume(new ResumeRequest(whole.created().ticket(), 1_000, Optional.empty()), heard);
        assertEquals("response_in_progress", refusal.orElseThrow().code());
        assertEquals(List.of(), heard.events());
        session.cancel();
    }

    private void refused(
            String code,
            String param,
            String sentence,
            FakeServer by,
            String ticket,
            long startingAfter,
            Optional<String> text) {
        var session = by.session();
        var heard = new Heard();
        var refusal = session.resume(new ResumeRequest(ticket, startingAfter, text), heard)
                .orElseThrow();
        assertEquals(code, refusal.code());
        assertEquals(param, refusal.param());
        assertEquals(Refusal.Kind.INVALID, refusal.kind());
        assertTrue(refusal.message().contains(sentence), refusal.message());
        assertEquals(List.of(), heard.events());
        assertFalse(session.isBusy());
    }

    private Heard whole(ResponseRequest request) {
        return create(server.session(), request);
    }

    private static Heard create(Session session, ResponseRequest request) {
        var heard = new Heard();
        assertEquals(Optional.empty(), session.create(request, heard));
        heard.awaitEnded();
        return heard;
    }

    private static Heard resume(Session session, Heard lost, long startingAfter, Optional<String> text) {
        var heard = new Heard();
        var request = new ResumeRequest(lost.created().ticket(), startingAfter, text);
        assertEquals(Optional.empty(), session.resume(request, heard));
        return heard;
    }

    /// A hundred characters with everything that could differ: draws, a penalty for what occurred, probabilities.
    private static ResponseRequest request(String input, String stop) {
        var parameters = new SamplingParameters(0.9, 8, 0.95, 0.01, 1.3, 7, LENGTH);
        return new ResponseRequest(
                input, parameters, stop.isEmpty() ? List.of() : List.of(stop), Optional.empty(), OptionalInt.of(2));
    }

    private static Optional<String> text(Heard whole, int cut) {
        return Optional.of(characters(whole.awaitEnded().text(), cut));
    }

    private static String characters(String text, int count) {
        return text.substring(0, text.offsetByCodePoints(0, count));
    }
}
