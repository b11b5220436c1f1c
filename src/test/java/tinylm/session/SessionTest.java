package tinylm.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.session.FakeServer.following;
import static tinylm.session.FakeServer.greedy;
import static tinylm.session.FakeServer.request;
import static tinylm.session.FakeServer.withStop;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.inference.FakeRunner;
import tinylm.inference.FinishReason;

class SessionTest {

    private final FakeServer server = new FakeServer();
    private final FakeRunner runner = server.runner;
    private final Session session = server.session();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void the_deltas_together_are_the_completion_and_the_prompt_is_not_in_them() {
        var heard = create(request("abc", 10));
        var ended = heard.awaitEnded();
        assertEquals(FinishReason.LENGTH, ended.reason());
        assertEquals(heard.text(), ended.text());
        assertEquals(10, ended.text().codePointCount(0, ended.text().length()));
        assertEquals(3, ended.inputTokens());
        assertEquals(10, ended.outputTokens());
    }

    @Test
    void the_same_request_gives_the_same_text_on_the_same_session_and_on_another() {
        var first = create(request("abc", 20)).awaitEnded().text();
        assertEquals(first, create(request("abc", 20)).awaitEnded().text());
        var other = new Heard();
        server.session().create(request("abc", 20), other);
        assertEquals(first, other.awaitEnded().text());
    }

    @Test
    void a_continued_response_goes_on_without_a_prefill_as_if_it_had_never_ended() {
        var whole = create(greedy("abc", 12)).awaitEnded().text();
        int prefills = runner.prefills.get();
        var first = create(greedy("abc", 7));
        var second = create(following(first.created().id(), greedy("", 5)));
        assertEquals(whole, first.awaitEnded().text() + second.awaitEnded().text());
        assertEquals(prefills + 1, runner.prefills.get());
        assertEquals(9, second.awaitEnded().cachedTokens());
    }

    @Test
    void any_remembered_response_can_be_continued_once_more() {
        var first = create(greedy("abc", 7));
        var second = create(following(first.created().id(), greedy("", 5)))
                .awaitEnded()
                .text();
        create(greedy("hhh", 5)).awaitEnded();
        assertEquals(
                second,
                create(following(first.created().id(), greedy("", 5)))
                        .awaitEnded()
                        .text());
    }

    @Test
    void a_cancelled_response_can_be_continued() {
        var first = new Heard();
        session.create(greedy("abc", 1_000_000), first);
        Awaitility.await().until(() -> first.text().length() > 3);
        session.cancel();
        assertEquals(FinishReason.CANCELLED, first.awaitEnded().reason());
        var second = create(following(first.created().id(), greedy("", 5)));
        int length = first.awaitEnded().outputTokens();
        assertEquals(3 + length, second.awaitEnded().inputTokens());
        assertEquals(
                create(greedy("abc", length + 5)).awaitEnded().text(),
                first.awaitEnded().text() + second.awaitEnded().text());
    }

    @Test
    void a_stop_string_ends_the_response_and_is_not_in_it() {
        var whole = create(greedy("abc", 30)).awaitEnded().text();
        var stop = whole.substring(whole.offsetByCodePoints(0, 5), whole.offsetByCodePoints(0, 7));
        var request = withStop("abc", 30, List.of(stop));
        var heard = create(request);
        assertEquals(FinishReason.STOP, heard.awaitEnded().reason());
        assertEquals(whole.substring(0, whole.indexOf(stop)), heard.awaitEnded().text());
        assertEquals(heard.awaitEnded().text(), heard.text());
    }

    @Test
    void a_second_response_meanwhile_is_refused_and_the_first_goes_on() {
        var first = new Heard();
        session.create(request("abc", 1_000_000), first);
        assertEquals("response_in_progress", refusal(request("abc", 1)).code());
        session.cancel("resp_of_somebody_else");
        assertTrue(first.endings().isEmpty());
        session.cancel(first.created().id());
        first.awaitEnded();
        assertEquals(Optional.empty(), session.create(request("abc", 1), new Heard()));
    }

    @Test
    void closing_ends_the_response_within_a_step() {
        var heard = new Heard();
        session.create(request("abc", 1_000_000), heard);
        Awaitility.await().until(() -> !heard.text().isEmpty());
        session.close();
        assertEquals(FinishReason.CANCELLED, heard.awaitEnded().reason());
        Awaitility.await().until(() -> server.engine.unfinished() == 0);
    }

    @Test
    void a_failure_of_the_model_is_told_and_the_session_lives_on() {
        runner.beforeDecode = () -> {
            throw new IllegalStateException("no memory");
        };
        var heard = new Heard();
        session.create(request("abc", 5), heard);
        Awaitility.await().until(() -> !heard.endings().isEmpty());
        assertEquals(
                new ResponseEvent.Failed("server_error", "The model failed to compute the next character: no memory."),
                heard.endings().getFirst());
        runner.beforeDecode = () -> {};
        assertEquals(5, create(request("abc", 5)).awaitEnded().outputTokens());
    }

    @Test
    void each_character_comes_with_its_probability_and_the_likeliest_when_they_are_wanted() {
        var plain = create(request("abc", 20));
        plain.deltas().forEach(delta -> assertEquals(List.of(), delta.logprobs()));
        for (int alternatives : new int[] {0, 3, 20}) {
            var heard = create(withLogprobs(alternatives));
            assertEquals(plain.awaitEnded().text(), heard.awaitEnded().text());
            for (var delta : heard.deltas()) {
                var logprob = delta.logprobs().getFirst();
                assertEquals(1, delta.logprobs().size());
                assertEquals(delta.text(), logprob.character());
                assertTrue(logprob.logprob() < 0);
                var others = logprob.alternatives();
                assertEquals(Math.min(alternatives, FakeServer.TOKENIZER.vocabSize()), others.size());
                for (int i = 1; i < others.size(); i++) {
                    assertTrue(others.get(i).logprob() <= others.get(i - 1).logprob());
                }
                others.stream()
                        .filter(other -> other.character().equals(delta.text()))
                        .forEach(same -> assertEquals(logprob.logprob(), same.logprob()));
            }
        }
    }

    @Test
    void who_waits_hears_of_his_place_and_of_his_start() {
        var writers = busy(4);
        var heard = new Heard();
        session.create(request("abc", 2), heard);
        Awaitility.await().until(() -> heard.events().size() == 2);
        assertEquals(new ResponseEvent.Queued(1), heard.events().get(1));
        writers.getFirst().cancel();
        heard.awaitEnded();
        assertEquals(new ResponseEvent.Started(), heard.events().get(2));
    }

    @Test
    void when_too_many_wait_the_next_is_refused_and_may_come_again() {
        var writers = busy(204);
        var refusal = refusal(request("abc", 2));
        assertEquals("queue_full", refusal.code());
        assertEquals(Refusal.Kind.BUSY, refusal.kind());
        assertTrue(refusal.message().contains("at most 204"), refusal.message());
        assertFalse(session.isBusy());
        writers.forEach(Session::close);
        Awaitility.await().until(() -> server.engine.unfinished() == 0);
        create(request("abc", 2));
    }

    @Test
    void when_the_server_ends_responses_are_refused_or_fail_and_no_session_stays_busy() {
        var heard = new Heard();
        // accepted, and the engine is gone before it can begin
        session.create(request("abc", 2), event -> {
            heard.accept(event);
            server.engine.close();
        });
        assertEquals("shutting_down", heard.awaitFailed().code());
        assertFalse(session.isBusy());
        var refusal = refusal(request("abc", 2));
        assertEquals("shutting_down", refusal.code());
        assertEquals(Refusal.Kind.UNAVAILABLE, refusal.kind());
        assertFalse(session.isBusy());
    }

    /// Sessions with a response without end.
    private List<Session> busy(int count) {
        var sessions = Stream.generate(server::session).limit(count).toList();
        sessions.forEach(one -> assertEquals(Optional.empty(), one.create(request("abc", 1_000_000), event -> {})));
        Awaitility.await().until(() -> server.engine.running() == 4);
        return sessions;
    }

    @Test
    void what_cannot_be_done_is_refused_with_the_field_and_what_is_allowed() {
        refused("unknown_characters", "input", "U+007A", request("abz", 1));
        refused("unknown_characters", "input", "U+D83C", request("\ud83c", 1));
        refused("empty_input", "input", "at least one", request("", 1));
        refused("prompt_too_long", "input", "20 characters, but these are 21", request("a".repeat(21), 1));
        refused("invalid_value", "top_logprobs", "between 0 and 20, but is 21", withLogprobs(21));
        refused("invalid_value", "top_logprobs", "between 0 and 20, but is -1", withLogprobs(-1));
        refused("invalid_value", "max_output_tokens", "1000000", request("a", 1_000_001));
        refused(
                "unknown_response",
                "previous_response_id",
                "send the text as input",
                following("resp_none", greedy("a", 1)));
        refusedStop("at most 2 strings, but has 3", "a", "b", "c");
        refusedStop("1 to 5 characters, but one has 0", "");
        refusedStop("1 to 5 characters, but one has 6", "abcabc");
        refused("unknown_characters", "stop", "U+007A", withStop("a", 1, List.of("z")));
    }

    @Test
    void a_prompt_at_its_limit_is_counted_in_characters_whatever_their_size_in_memory() {
        assertEquals(20, create(request("🌊".repeat(20), 1)).awaitEnded().inputTokens());
    }

    private static ResponseRequest withLogprobs(int alternatives) {
        return new ResponseRequest(
                "abc", request("abc", 20).parameters(), List.of(), Optional.empty(), OptionalInt.of(alternatives));
    }

    private void refusedStop(String sentence, String... stop) {
        refused("invalid_value", "stop", sentence, withStop("a", 1, List.of(stop)));
    }

    private void refused(String code, String param, String sentence, ResponseRequest request) {
        var refusal = refusal(request);
        assertEquals(code, refusal.code());
        assertEquals(param, refusal.param());
        assertTrue(refusal.message().contains(sentence), refusal.message());
    }

    private Refusal refusal(ResponseRequest request) {
        var heard = new Heard();
        var refusal = session.create(request, heard).orElseThrow();
        assertEquals(List.of(), heard.events());
        return refusal;
    }

    private Heard create(ResponseRequest request) {
        var heard = new Heard();
        assertEquals(Optional.empty(), session.create(request, heard));
        heard.awaitEnded();
        return heard;
    }
}
