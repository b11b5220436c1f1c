package tinylm.web;

import static org.eclipse.microprofile.health.HealthCheckResponse.Status.DOWN;
import static org.eclipse.microprofile.health.HealthCheckResponse.Status.UP;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Checkpoint;
import tinylm.inference.Engine;
import tinylm.inference.EngineObserver;
import tinylm.inference.FakeRunner;
import tinylm.inference.GenerationRequest;
import tinylm.inference.Lanes;
import tinylm.inference.Lease;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;
import tinylm.text.CharTokenizer;

/// What the probes say of an engine that hangs, of one that has ended, and of a server that is told to stop.
class StuckEngineTest {

    private static final CharTokenizer TOKENIZER = CharTokenizer.of("abcd");
    private static final Duration FOREVER = Duration.ofDays(1);

    private final FakeRunner runner = new FakeRunner(TOKENIZER.vocabSize(), 32, 4);
    private final Engine engine = Engine.start(() -> runner, 10, new Lanes(1), EngineObserver.NONE);
    private final Models models = new Models(
            new Checkpoint(Path.of("fake"), runner.config(), TOKENIZER, Optional.empty(), "0".repeat(64)),
            checkpoint -> new LoadedModel(checkpoint, "exact", engine, () -> {}),
            Duration.ZERO);
    private final Drain drain = new Drain(Duration.ofSeconds(1), new NoSockets());

    private Health health(Duration longestStep) {
        return new Health(models, drain, longestStep);
    }

    @AfterEach
    void close() {
        models.close();
    }

    @Test
    void a_step_that_does_not_end_turns_live_and_ready_to_down_until_it_does() {
        var hung = new CountDownLatch(1);
        runner.beforeDecode = () -> {
            try {
                hung.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        var strict = health(Duration.ofMillis(500));
        assertEquals(UP, strict.live().call().getStatus());
        var text = Text.EMPTY.withPrompt(new int[] {1});
        engine.submit(
                new GenerationRequest(text, List.of(), SamplingParameters.defaults(1), 0, new int[0], new Lease()),
                _ -> {});
        try {
            Awaitility.await().until(() -> strict.live().call().getStatus() == DOWN);
            assertEquals(DOWN, strict.ready().call().getStatus());
            assertEquals(UP, health(FOREVER).live().call().getStatus());
        } finally {
            hung.countDown();
        }
        Awaitility.await().until(() -> strict.live().call().getStatus() == UP);
    }

    @Test
    void an_engine_that_has_ended_is_neither_live_nor_ready() {
        engine.close();
        assertEquals(DOWN, health(FOREVER).live().call().getStatus());
        assertEquals(DOWN, health(FOREVER).ready().call().getStatus());
    }

    @Test
    void a_server_that_is_told_to_stop_is_alive_but_not_ready() throws Exception {
        var health = health(FOREVER);
        assertEquals(UP, health.ready().call().getStatus());
        drain.begin(new ShutdownDelayInitiatedEvent());
        assertEquals(DOWN, health.ready().call().getStatus());
        assertEquals(UP, health.live().call().getStatus());
    }
}
