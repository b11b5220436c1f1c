package tinylm.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Checkpoint;
import tinylm.inference.Engine;
import tinylm.inference.EngineObserver;
import tinylm.inference.FakeRunner;
import tinylm.inference.FinishReason;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Turn;
import tinylm.text.CharTokenizer;

class SessionTest {

    private static final CharTokenizer TOKENIZER = CharTokenizer.of("abcdefgh 🌊");
    private static final Limits LIMITS = new Limits(20, 1_000_000, 2, 5);

    private final FakeRunner runner = new FakeRunner(TOKENIZER.vocabSize(), 32, 4);
    private final Engine engine = new Engine(runner, 100, new Turn(), EngineObserver.NONE);
    private final Models models = new Models(
            new Checkpoint(Path.of("fake"), runner.config(), TOKENIZER, Optional.empty(), "0".repeat(64)),
            checkpoint -> new LoadedModel(checkpoint, "exact", engine, () -> {}),
            Duration.ZERO);
    private final Tickets tickets = new Tickets(new byte[32], Duration.ofHours(1), InstantSource.system());
    private final Session session = new Session(models, LIMITS, tickets);

    @AfterEach
    void close() {
        models.close();
    }

    @Test
    void the_deltas_together_are_the_completion_and_the_prompt_is_not_in_them() {
        var heard = create(request("abc", 10));
        var ended = heard.awaitEnded();
        assertEquals(FinishReason.LENGTH, ended.reason());
        assertEquals(heard.deltas(), ended.text());
        assertEquals(10, ended.text().codePointCount(0, ended.text().length()));
        assertEquals(3, ended.inputTokens());
        assertEquals(10, ended.outputTokens());
    }

    @Test
    void the_same_request_gives_the_same_text_on_the_same_session_and_on_another() {
        var first = create(request("abc", 20)).awaitEnded().text();
        assertEquals(first, create(request("abc", 20)).awaitEnded().text());
        var other = new Heard();
        new Session(models, LIMITS, tickets).create(request("abc", 20), other);
        assertEquals(first, other.awaitEnded().text());
    }

    @Test
    void a_continued_response_goes_on_without_a_prefill_as_if_it_had_never_ended() {
        var whole = create(greedy("abc", 12)).awaitEnded().text();
        int prefills = runner.prefills.get();
        var first = create(greedy("abc", 7));
        var second = create(following(first, greedy("", 5)));
        assertEquals(whole, first.awaitEnded().text() + second.awaitEnded().text());
        assertEquals(prefills + 1, runner.prefills.get());
        assertEquals(9, second.awaitEnded().cachedTokens());
    }

    @Test
    void any_remembered_response_can_be_continued_once_more() {
        var first = create(greedy("abc", 7));
        var second = create(following(first, greedy("", 5))).awaitEnded().text();
        create(greedy("hhh", 5)).awaitEnded();
        assertEquals(
                second, create(following(first, greedy("", 5))).awaitEnded().text());
    }

    @Test
    void a_cancelled_response_can_be_continued() {
        var first = new Heard();
        session.create(greedy("abc", 1_000_000), first);
        Awaitility.await().until(() -> first.deltas().length() > 3);
        session.cancel();
        assertEquals(FinishReason.CANCELLED, first.awaitEnded().reason());
        var second = create(following(first, greedy("", 5)));
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
        assertEquals(heard.awaitEnded().text(), heard.deltas());
    }

    @Test
    void a_second_response_meanwhile_is_refused_and_the_first_goes_on() {
        var first = new Heard();
        session.create(request("abc", 1_000_000), first);
        assertEquals("response_in_progress", refusal(request("abc", 1)).code());
        session.cancel("resp_of_somebody_else");
        assertTrue(first.endings().isEmpty());
        session.cancel(first.id());
        first.awaitEnded();
        assertEquals(Optional.empty(), session.create(request("abc", 1), new Heard()));
    }

    @Test
    void closing_ends_the_response_within_a_step() {
        var heard = new Heard();
        session.create(request("abc", 1_000_000), heard);
        Awaitility.await().until(() -> !heard.deltas().isEmpty());
        session.close();
        assertEquals(FinishReason.CANCELLED, heard.awaitEnded().reason());
        Awaitility.await().until(() -> engine.unfinished() == 0);
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
    void what_cannot_be_done_is_refused_with_the_field_and_what_is_allowed() {
        refused("unknown_characters", "input", "U+007A", request("abz", 1));
        refused("unknown_characters", "input", "U+D83C", request("\ud83c", 1));
        refused("empty_input", "input", "at least one", request("", 1));
        refused("prompt_too_long", "input", "20 characters, but these are 21", request("a".repeat(21), 1));
        refused("invalid_value", "max_output_tokens", "1000000", request("a", 1_000_001));
        var previous = new ResponseRequest(
                "a", greedy("", 1).parameters(), List.of(), Optional.of("resp_none"), OptionalInt.empty());
        refused("unknown_response", "previous_response_id", "send the text as input", previous);
        refusedStop("at most 2 strings, but has 3", "a", "b", "c");
        refusedStop("1 to 5 characters, but one has 0", "");
        refusedStop("1 to 5 characters, but one has 6", "abcabc");
        refused("unknown_characters", "stop", "U+007A", withStop("a", 1, List.of("z")));
    }

    @Test
    void a_prompt_at_its_limit_is_counted_in_characters_whatever_their_size_in_memory() {
        assertEquals(20, create(request("🌊".repeat(20), 1)).awaitEnded().inputTokens());
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
        assertEquals(List.of(), heard.events);
        return refusal;
    }

    private Heard create(ResponseRequest request) {
        var heard = new Heard();
        assertEquals(Optional.empty(), session.create(request, heard));
        heard.awaitEnded();
        return heard;
    }

    private static ResponseRequest following(Heard previous, ResponseRequest request) {
        return new ResponseRequest(
                request.input(),
                request.parameters(),
                request.stop(),
                Optional.of(previous.id()),
                request.topLogprobs());
    }

    private static ResponseRequest request(String input, int maxTokens) {
        return request(input, SamplingParameters.defaults(7).withMaxTokens(maxTokens), List.of());
    }

    private static ResponseRequest greedy(String input, int maxTokens) {
        return withStop(input, maxTokens, List.of());
    }

    private static ResponseRequest withStop(String input, int maxTokens, List<String> stop) {
        return request(input, SamplingParameters.defaults(7).withTemperature(0).withMaxTokens(maxTokens), stop);
    }

    private static ResponseRequest request(String input, SamplingParameters parameters, List<String> stop) {
        return new ResponseRequest(input, parameters, stop, Optional.empty(), OptionalInt.empty());
    }

    private static final class Heard implements Consumer<ResponseEvent> {
        private final CopyOnWriteArrayList<ResponseEvent> events = new CopyOnWriteArrayList<>();

        @Override
        public void accept(ResponseEvent event) {
            events.add(event);
        }

        String id() {
            return ((ResponseEvent.Created) events.getFirst()).id();
        }

        String deltas() {
            return events.stream()
                    .filter(ResponseEvent.Delta.class::isInstance)
                    .map(event -> ((ResponseEvent.Delta) event).text())
                    .collect(Collectors.joining());
        }

        List<ResponseEvent> endings() {
            return events.stream()
                    .filter(event -> event instanceof ResponseEvent.Ended || event instanceof ResponseEvent.Failed)
                    .toList();
        }

        ResponseEvent.Ended awaitEnded() {
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> !endings().isEmpty());
            return (ResponseEvent.Ended) endings().getFirst();
        }
    }
}
