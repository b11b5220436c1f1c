package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.Torch;

/// A completion is a function of its text, parameters and seed, to the last bit of every probability: through the
/// whole engine, with a real model whose window slides several times.
class DeterminismTest {

    private static final int VOCAB = 65;
    private static final int CONTEXT = 64;

    private static NDManager manager;
    private static Gpt model;

    @BeforeAll
    static void open() {
        Torch.load(2);
        Torch.recordNoGradients();
        manager = NDManager.newBaseManager();
        model = Gpt.initialize(manager, new GptConfig(VOCAB, CONTEXT, 2, 4, 64, 0), 1);
        model.parameters().values().forEach(parameter -> parameter.addi(parameter.mul(2))); // far from uniform
    }

    @AfterAll
    static void close() {
        model.close();
        manager.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void a_completion_is_the_same_alone_and_amid_sixty_three_others_that_come_and_go(int threads) {
        for (int length : new int[] {1, 40, CONTEXT, 150}) {
            var text = Text.EMPTY.withPrompt(ids(length, length));
            var alone = alone(request(text, 150), threads);
            assertEquals(150, alone.size());
            assertEquals(alone, amidOthers(request(text, 150), 64, threads), "prompt of " + length);
            assertEquals(alone, amidOthers(request(text, 150), 8, threads), "prompt of " + length + ", few slots");
        }
    }

    @Test
    void a_completion_is_the_same_on_any_number_of_threads() {
        var request = request(Text.EMPTY.withPrompt(ids(90, 90)), 150);
        var alone = alone(request, 1);
        for (int threads = 2; threads <= 5; threads++) {
            assertEquals(alone, alone(request, threads), threads + " threads");
            assertEquals(alone, amidOthers(request, 64, threads), threads + " threads, amid others");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void what_was_guessed_saves_steps_and_changes_nothing(int threads) {
        var requests = IntStream.range(0, threads)
                .mapToObj(i -> greedy(Text.EMPTY.withPrompt(ids(9 + 30 * i, i)), 800 - 150 * i))
                .toList();
        var reports = new ArrayList<EngineObserver.StepReport>();
        var guessed = heard(requests, 4, new Lanes(threads), new EngineObserver() {
            @Override
            public void stepped(StepReport report) {
                reports.add(report);
            }
        });
        int most = mostDecoded();
        var drawn = reports.stream()
                .filter(report -> report.decodedRows() == 1)
                .map(EngineObserver.StepReport::drawnTokens)
                .collect(Collectors.toSet());
        assertTrue(drawn.containsAll(List.of(1, most)), "drawn in a step: " + drawn);
        assertTrue(reports.size() < 750, reports.size() + " steps");

        var amidOthers = new ArrayList<>(requests);
        IntStream.range(0, 5).forEach(i -> amidOthers.add(request(Text.EMPTY.withPrompt(ids(5, i)), 900)));
        var expected = heard(amidOthers, 16, new Lanes(1), EngineObserver.NONE);
        assertEquals(expected.subList(0, threads), guessed);
    }

    private static int mostDecoded() {
        try (var runner = new GptRunner(manager, model, 1)) {
            return runner.mostDecoded();
        }
    }

    private static GenerationRequest greedy(Text text, int maxTokens) {
        var parameters = new SamplingParameters(0, 0, 1, 0, 1, 7, maxTokens);
        return new GenerationRequest(text, List.of(), parameters, 3, new int[0], new Lease());
    }

    private static List<List<TokenEvent.Token>> heard(
            List<GenerationRequest> requests, int slots, Lanes lanes, EngineObserver observer) {
        try (var engine = Engine.start(() -> new GptRunner(manager, model, slots), 10, lanes, observer)) {
            var heard = requests.stream().map(_ -> new Recorder()).toList();
            IntStream.range(0, requests.size()).forEach(i -> submit(engine, requests.get(i), heard.get(i)));
            heard.forEach(Recorder::awaitFinished);
            return heard.stream().map(Recorder::tokens).toList();
        }
    }

    /// Twenty are there before it, the others come one by one while it is under way, and some are cancelled.
    private static List<TokenEvent.Token> amidOthers(GenerationRequest request, int slots, int threads) {
        var random = new Random(slots);
        var subject = new Recorder();
        var others = new ArrayList<Generation>();
        try (var engine = engine(slots, threads)) {
            for (int i = 0; i < 20; i++) {
                others.add(other(engine, random));
            }
            submit(engine, request, event -> {
                subject.accept(event);
                if (event instanceof TokenEvent.Token token && token.index() % 3 == 0 && others.size() < 63) {
                    others.add(other(engine, random));
                    if (token.index() % 2 == 0) {
                        others.get(random.nextInt(others.size())).cancel();
                    }
                }
            });
            subject.awaitFinished();
            assertEquals(63, others.size());
            return subject.tokens();
        }
    }

    private static Generation other(Engine engine, Random random) {
        var prompt = Text.EMPTY.withPrompt(ids(1 + random.nextInt(130), random.nextInt()));
        return submit(engine, request(prompt, 1 + random.nextInt(100)), event -> {});
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void a_text_goes_on_the_same_in_its_slot_after_evictions_and_on_another_engine(int threads) {
        try (var one = engine(8, threads);
                var another = engine(8, threads)) {
            var inItsSlot = conversation(List.of(one), 0);
            var evicted = conversation(List.of(one), 12);
            var moving = conversation(List.of(one, another), 0);
            assertTrue(inItsSlot.reused() > 80, "reused " + inItsSlot.reused());
            assertEquals(0, evicted.reused());
            assertEquals(inItsSlot.tokens(), evicted.tokens());
            assertEquals(inItsSlot.tokens(), moving.tokens());
        }
    }

    /// @param reused tokens that were still in the KV cache
    private record Conversation(List<TokenEvent.Token> tokens, int reused) {}

    /// Four completions of one text with something written between, on one engine after the other.
    private static Conversation conversation(List<Engine> engines, int othersBetween) {
        var lease = new Lease();
        var text = Text.EMPTY.withPrompt(ids(30, 1));
        var tokens = new ArrayList<TokenEvent.Token>();
        int reused = 0;
        for (int turn = 0; turn < 4; turn++) {
            var engine = engines.get(turn % engines.size());
            var heard = new Recorder();
            submit(engine, new GenerationRequest(text, List.of(), parameters(60), 3, new int[0], lease), heard);
            reused += heard.awaitFinished().reusedTokens();
            tokens.addAll(heard.tokens());
            text = text.withDrawn(ids(heard.tokens()))
                    .withPrompt(ids(turn, turn))
                    .inView(CONTEXT);
            for (int i = 0; i < othersBetween; i++) {
                var other = new Recorder();
                submit(engine, request(Text.EMPTY.withPrompt(ids(5, i)), 1), other);
                other.awaitFinished();
            }
        }
        return new Conversation(tokens, reused);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void a_completion_replayed_from_any_cut_goes_on_the_same(int threads) {
        for (int length : new int[] {7, 100}) {
            var text = Text.EMPTY.withPrompt(ids(length, length));
            var whole = alone(request(text, 170), threads);
            try (var engine = engine(32, threads)) {
                var heard = new ArrayList<Recorder>();
                for (int cut = 0; cut < whole.size(); cut++) {
                    heard.add(new Recorder());
                    submit(engine, replaying(text, 170, ids(whole.subList(0, cut))), heard.getLast());
                }
                for (int cut = 0; cut < whole.size(); cut++) {
                    assertEquals(170, heard.get(cut).awaitFinished().completionTokens());
                    assertEquals(whole.subList(cut, 170), heard.get(cut).tokens(), "cut at " + cut);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void a_replay_with_a_wrong_character_since_the_window_slid_is_found_out(int threads) {
        var text = Text.EMPTY.withPrompt(ids(7, 7));
        int[] whole = ids(alone(request(text, 170), threads));
        try (var engine = engine(32, threads)) {
            foundOut(engine, text, Arrays.copyOf(whole, 50), 0); // it has not slid yet
            foundOut(engine, text, Arrays.copyOf(whole, 100), 65 - 7); // it slid when the text had 65 tokens
        }
    }

    private static void foundOut(Engine engine, Text text, int[] replay, int verifiedFrom) {
        for (int wrong = verifiedFrom; wrong < replay.length; wrong++) {
            int[] altered = replay.clone();
            altered[wrong] = (altered[wrong] + 1) % VOCAB;
            var heard = new Recorder();
            submit(engine, replaying(text, 170, altered), heard);
            assertEquals(
                    new TokenEvent.Failed(
                            TokenEvent.Cause.REPLAY_DIFFERS,
                            "This cannot be resumed: character " + (wrong + 1)
                                    + " is not what this completion has there."),
                    heard.awaitFailed());
            assertEquals(List.of(), heard.tokens());
        }
    }

    private static List<TokenEvent.Token> alone(GenerationRequest request, int threads) {
        try (var engine = engine(4, threads)) {
            var heard = new Recorder();
            submit(engine, request, heard);
            heard.awaitFinished();
            return heard.tokens();
        }
    }

    private static Engine engine(int slots, int threads) {
        return Engine.start(() -> new GptRunner(manager, model, slots), 1_000, new Lanes(threads), EngineObserver.NONE);
    }

    private static Generation submit(Engine engine, GenerationRequest request, Consumer<TokenEvent> listener) {
        return assertInstanceOf(Admission.Accepted.class, engine.submit(request, listener))
                .generation();
    }

    private static GenerationRequest request(Text text, int maxTokens) {
        return replaying(text, maxTokens, new int[0]);
    }

    private static GenerationRequest replaying(Text text, int maxTokens, int[] replay) {
        return new GenerationRequest(text, List.of(), parameters(maxTokens), 3, replay, new Lease());
    }

    private static SamplingParameters parameters(int maxTokens) {
        return new SamplingParameters(0.9, 40, 0.95, 0.01, 1.2, 7, maxTokens);
    }

    private static int[] ids(int count, int seed) {
        return new Random(seed).ints(count, 0, VOCAB).toArray();
    }

    private static int[] ids(List<TokenEvent.Token> tokens) {
        return tokens.stream().mapToInt(TokenEvent.Token::id).toArray();
    }
}
