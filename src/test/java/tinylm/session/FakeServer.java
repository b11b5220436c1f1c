package tinylm.session;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tinylm.checkpoint.Checkpoint;
import tinylm.inference.Engine;
import tinylm.inference.EngineObserver;
import tinylm.inference.FakeRunner;
import tinylm.inference.Lanes;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.inference.SamplingParameters;
import tinylm.text.CharTokenizer;

/// A server with a fake model, as sessions see it.
final class FakeServer implements AutoCloseable {

    static final CharTokenizer TOKENIZER = CharTokenizer.of("abcdefgh 🌊");
    static final Limits LIMITS = new Limits(20, 1_000_000, 2, 5);
    static final int CONTEXT = 32;

    private static final String WEIGHTS = "0".repeat(64);
    private static final String NUMERICS = "exact";
    private static final String KEY = "a key of ours, of 32 bytes or more";

    final FakeRunner runner = new FakeRunner(TOKENIZER.vocabSize(), CONTEXT, 4);
    final Engine engine = Engine.start(() -> runner, 200, new Lanes(1), EngineObserver.NONE);
    private final Models models;
    private final Tickets tickets;

    private FakeServer(String weights, String numerics, String key) {
        var checkpoint = new Checkpoint(Path.of("fake"), runner.config(), TOKENIZER, Optional.empty(), weights);
        models = new Models(checkpoint, one -> new LoadedModel(one, numerics, engine, () -> {}), Duration.ZERO);
        tickets = new Tickets(key.getBytes(StandardCharsets.UTF_8), Duration.ofHours(1), InstantSource.system());
    }

    FakeServer() {
        this(WEIGHTS, NUMERICS, KEY);
    }

    static FakeServer withOtherWeights() {
        return new FakeServer("1".repeat(64), NUMERICS, KEY);
    }

    static FakeServer withOtherNumerics() {
        return new FakeServer(WEIGHTS, "other", KEY);
    }

    static FakeServer withOtherKey() {
        return new FakeServer(WEIGHTS, NUMERICS, KEY + "!");
    }

    Session session() {
        return new Session(models, LIMITS, tickets);
    }

    @Override
    public void close() {
        models.close();
    }

    static ResponseRequest request(String input, int maxTokens) {
        return request(input, SamplingParameters.defaults(7).withMaxTokens(maxTokens), List.of());
    }

    static ResponseRequest greedy(String input, int maxTokens) {
        return withStop(input, maxTokens, List.of());
    }

    static ResponseRequest withStop(String input, int maxTokens, List<String> stop) {
        return request(input, SamplingParameters.defaults(7).withTemperature(0).withMaxTokens(maxTokens), stop);
    }

    static ResponseRequest request(String input, SamplingParameters parameters, List<String> stop) {
        return new ResponseRequest(input, parameters, stop, Optional.empty(), OptionalInt.empty());
    }

    static ResponseRequest following(String id, ResponseRequest request) {
        return new ResponseRequest(
                request.input(), request.parameters(), request.stop(), Optional.of(id), request.topLogprobs());
    }
}
