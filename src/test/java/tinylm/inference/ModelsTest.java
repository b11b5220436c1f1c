package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Checkpoint;
import tinylm.model.GptConfig;
import tinylm.text.CharTokenizer;

class ModelsTest {

    private static final CharTokenizer TOKENIZER = CharTokenizer.of("abcdefghij");
    private static final GptConfig CONFIG = new GptConfig(10, 16, 1, 1, 1, 0);
    private static final Checkpoint FIRST = checkpoint("1");
    private static final Checkpoint SECOND = checkpoint("2");
    private static final Checkpoint CORRUPT = checkpoint("3");

    private final Map<Checkpoint, FakeRunner> runners = new ConcurrentHashMap<>();
    private final List<Checkpoint> freed = new CopyOnWriteArrayList<>();
    private final Lanes lanes = new Lanes(1);

    private LoadedModel load(Checkpoint checkpoint) {
        if (checkpoint.equals(CORRUPT)) {
            throw new IllegalArgumentException("was changed");
        }
        var runner = new FakeRunner(10, 16, 4);
        runners.put(checkpoint, runner);
        return new LoadedModel(checkpoint, "exact", Engine.start(() -> runner, 10, lanes, EngineObserver.NONE), () -> {
            assertTrue(runner.closed, "memory of an engine that still runs");
            freed.add(checkpoint);
        });
    }

    private Models models(Duration grace) {
        return new Models(FIRST, this::load, grace);
    }

    @Test
    void a_promoted_model_answers_and_the_one_before_stays_for_its_grace() {
        try (var models = models(Duration.ofDays(1))) {
            var first = models.current();
            models.promote(SECOND);
            assertEquals(SECOND, models.current().checkpoint());
            assertSame(models.current(), models.find(SECOND.sha256()).orElseThrow());
            assertSame(first, models.find(FIRST.sha256()).orElseThrow());
            assertEquals(Optional.empty(), models.find(CORRUPT.sha256()));
            assertEquals(2, models.all().count());
            assertTrue(first.engine().isAlive());
        }
        assertEquals(List.of(FIRST, SECOND), freed);
    }

    @Test
    void a_checkpoint_that_cannot_be_loaded_changes_nothing() {
        try (var models = models(Duration.ofDays(1))) {
            models.promote(SECOND);
            var current = models.current();
            assertThrows(IllegalArgumentException.class, () -> models.promote(CORRUPT));
            assertSame(current, models.current());
            assertEquals(2, models.all().count());
            assertTrue(current.engine().isAlive());
        }
    }

    @Test
    void a_replaced_model_is_freed_only_after_its_last_sequence() {
        try (var models = models(Duration.ZERO)) {
            var old = models.current();
            var running = new Recorder();
            var generation = submit(old, 1_000_000, running);
            models.promote(SECOND);
            int soFar = running.ids().size();
            Awaitility.await().until(() -> running.ids().size() > soFar + 1_000);
            assertTrue(old.engine().isAlive());
            assertEquals(2, models.all().count());
            generation.cancel();
            assertEquals(FinishReason.CANCELLED, running.awaitFinished().reason());
            Awaitility.await().until(() -> freed.equals(List.of(FIRST)));
            assertEquals(1, models.all().count());
            assertFalse(old.engine().isAlive());
            assertEquals(Optional.empty(), models.find(FIRST.sha256()));
        }
        assertEquals(List.of(FIRST, SECOND), freed);
    }

    @Test
    void the_grace_begins_with_the_end_of_the_last_sequence() {
        var grace = Duration.ofMillis(500);
        try (var models = models(grace)) {
            var running = new Recorder();
            var generation = submit(models.current(), 1_000_000, running);
            models.promote(SECOND);
            Awaitility.await().pollDelay(grace.dividedBy(2)).until(() -> true);
            long ending = System.nanoTime();
            generation.cancel();
            Awaitility.await().until(() -> models.all().count() == 1);
            var stayed = Duration.ofNanos(System.nanoTime() - ending);
            assertTrue(stayed.compareTo(grace) >= 0, "stayed for " + stayed);
        }
    }

    @Test
    void closing_frees_all_models_once_also_those_that_still_write() {
        var models = models(Duration.ofMillis(1));
        var running = new Recorder();
        submit(models.current(), 1_000_000, running);
        models.promote(SECOND);
        models.close();
        assertEquals(List.of(FIRST, SECOND), freed);
        assertEquals(TokenEvent.Cause.SHUTDOWN, running.awaitFailed().cause());
        assertThrows(IllegalStateException.class, () -> models.promote(checkpoint("4")));
        assertEquals(List.of(FIRST, SECOND, checkpoint("4")), freed);
    }

    @Test
    void an_engine_that_waits_for_the_step_of_another_ends_when_it_is_closed() throws InterruptedException {
        try (var model = load(FIRST)) {
            var began = new CountDownLatch(1);
            var end = new CountDownLatch(1);
            var other = Thread.ofVirtual()
                    .start(() -> lanes.take(() -> {
                        began.countDown();
                        await(end);
                    }));
            await(began);
            submit(model, 1, new Recorder()).cancel();
            Awaitility.await().until(() -> model.engine().stalled().toMillis() > 20);
            var closing = Thread.ofPlatform().start(model.engine()::close);
            Awaitility.await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
            Awaitility.await().pollDelay(Duration.ofMillis(20)).until(() -> true);
            end.countDown();
            assertTrue(closing.join(Duration.ofSeconds(3)), "it sleeps instead");
            other.join();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void steps_of_two_models_never_overlap() {
        try (var models = models(Duration.ofDays(1))) {
            var old = models.current();
            models.promote(SECOND);
            var inside = new AtomicInteger();
            var most = new AtomicInteger();
            runners.values()
                    .forEach(runner -> runner.beforeDecode = () -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        Thread.yield();
                        inside.decrementAndGet();
                    });
            var one = new Recorder();
            var other = new Recorder();
            submit(old, 2_000, one);
            submit(models.current(), 2_000, other);
            assertEquals(2_000, one.awaitFinished().completionTokens());
            assertEquals(2_000, other.awaitFinished().completionTokens());
            assertEquals(1, most.get());
        }
    }

    private static Generation submit(LoadedModel model, int maxTokens, Recorder heard) {
        var parameters = SamplingParameters.defaults(1).withMaxTokens(maxTokens);
        var admission = model.engine().submit(GenerationRequest.of(new int[] {1}, parameters), heard);
        return ((Admission.Accepted) admission).generation();
    }

    private static Checkpoint checkpoint(String digit) {
        return new Checkpoint(Path.of("fake-" + digit), CONFIG, TOKENIZER, Optional.empty(), digit.repeat(64));
    }
}
