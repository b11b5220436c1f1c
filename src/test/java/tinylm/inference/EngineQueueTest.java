package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Who waits, for how long, and what they are told.
class EngineQueueTest {

    private static final int SLOTS = 4;
    private static final int QUEUE = 5;

    private final AtomicInteger wasted = new AtomicInteger();
    private final FakeRunner runner = new FakeRunner(10, 16, SLOTS);
    private final Engine engine = Engine.start(() -> runner, QUEUE, new Lanes(1), new EngineObserver() {
        @Override
        public void wasted(int tokens) {
            wasted.addAndGet(tokens);
        }
    });
    private final List<Recorder> heard = new ArrayList<>();
    private final List<Generation> generations = new ArrayList<>();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void places_in_the_queue_fall_one_by_one_and_each_is_told_once() {
        endless(SLOTS + QUEUE);
        assertEquals(SLOTS, engine.slots());
        for (int ended = 1; ended <= QUEUE; ended++) {
            int waiting = QUEUE - ended;
            generations.get(ended - 1).cancel();
            Awaitility.await().until(() -> engine.waiting() == waiting && engine.running() == SLOTS);
        }
        for (int place = 1; place <= QUEUE; place++) {
            var expected = new ArrayList<TokenEvent>(List.of(new TokenEvent.Accepted()));
            IntStream.iterate(place, left -> left > 0, left -> left - 1)
                    .mapToObj(TokenEvent.Waiting::new)
                    .forEach(expected::add);
            expected.add(new TokenEvent.Started());
            assertEquals(expected, heard.get(SLOTS + place - 1).events().subList(0, place + 2));
        }
        heard.subList(0, SLOTS).forEach(first -> assertEquals(List.of(), places(first)));
    }

    @Test
    void more_than_can_run_or_wait_are_refused_until_one_has_ended() {
        endless(SLOTS + QUEUE);
        var late = new Recorder();
        assertEquals(new Admission.QueueFull(SLOTS + QUEUE), engine.submit(request(5), late));
        assertEquals(List.of(), late.events());
        assertEquals(SLOTS + QUEUE, engine.unfinished());
        generations.getFirst().cancel();
        heard.getFirst().awaitFinished();
        assertInstanceOf(Admission.Accepted.class, engine.submit(request(5), late));
    }

    @Test
    void one_who_leaves_the_queue_makes_room_behind_and_hears_nothing_more() {
        endless(SLOTS + QUEUE);
        generations.get(SLOTS + 1).cancel();
        assertEquals(
                new TokenEvent.Finished(FinishReason.CANCELLED, 1, 0, 0),
                heard.get(SLOTS + 1).awaitFinished());
        Awaitility.await().until(() -> engine.waiting() == QUEUE - 1);
        Awaitility.await().until(() -> places(heard.getLast()).equals(List.of(QUEUE, QUEUE - 1)));
        assertEquals(List.of(1), places(heard.get(SLOTS)));
        endless(1);
        assertEquals(List.of(QUEUE), places(heard.getLast()));
        assertEquals(3, heard.get(SLOTS + 1).events().size(), "accepted, second, cancelled");
    }

    @Test
    void slots_are_given_first_come_first_served() {
        var started = new CopyOnWriteArrayList<Integer>();
        for (int i = 0; i < 300; i++) {
            int number = i;
            Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> engine.unfinished() < SLOTS + QUEUE);
            submit(request(1 + i * 7 % 13), event -> {
                if (event instanceof TokenEvent.Started) {
                    started.add(number);
                }
            });
        }
        Awaitility.await().until(() -> started.size() == 300);
        assertEquals(IntStream.range(0, 300).boxed().toList(), started);
    }

    @Test
    void a_character_drawn_for_nobody_is_counted_and_not_heard() {
        assertEquals(
                new TokenEvent.Finished(FinishReason.CANCELLED, 1, 0, 1), cancelledInItsFirstDecode(List.of(), 1_000));
        assertEquals(1, wasted.get());
    }

    @Test
    void characters_held_back_for_a_stop_sequence_are_drawn_for_nobody_when_it_is_cancelled() {
        var completion = new Reference(10, 16).write(List.of(1)).draw(3);
        var stop = new int[] {completion.get(0), completion.get(1), (completion.get(2) + 1) % 10};
        assertEquals(
                new TokenEvent.Finished(FinishReason.CANCELLED, 1, 0, 0),
                cancelledInItsFirstDecode(List.of(stop), 1_000));
        assertEquals(2, wasted.get());
    }

    @Test
    void a_text_that_is_cancelled_in_its_last_step_is_no_whole_one() {
        assertEquals(new TokenEvent.Finished(FinishReason.CANCELLED, 1, 0, 1), cancelledInItsFirstDecode(List.of(), 2));
        assertEquals(1, wasted.get());
    }

    @Test
    void an_engine_that_cannot_go_on_tells_everybody_and_frees_the_model() {
        endless(SLOTS + QUEUE);
        int swaps = runner.swaps.get();
        runner.beforeDecode = () -> {
            throw new OutOfMemoryError("as it should");
        };
        heard.forEach(Recorder::awaitFailed);
        heard.forEach(listener -> assertEquals(1, listener.endings().size()));
        Awaitility.await().until(() -> runner.closed && engine.unfinished() == 0);
        assertEquals(swaps, runner.swaps.get(), "there may be no memory for an exchange");
        assertInstanceOf(Admission.Closing.class, engine.submit(request(5), new Recorder()));
    }

    private TokenEvent.Finished cancelledInItsFirstDecode(List<int[]> stop, int maxTokens) {
        var inStep = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        runner.beforeDecode = () -> {
            inStep.countDown();
            await(goOn);
        };
        var listener = new Recorder();
        var generation = submit(
                new GenerationRequest(
                        Text.EMPTY.withPrompt(1), stop, parameters(maxTokens), 0, new int[0], new Lease()),
                listener);
        await(inStep);
        generation.cancel();
        goOn.countDown();
        return listener.awaitFinished();
    }

    @Test
    void who_cannot_be_told_a_place_or_a_start_ends_alone() {
        endless(SLOTS);
        for (var news : List.of(new TokenEvent.Waiting(1), new TokenEvent.Started())) {
            var deaf = new Recorder();
            submit(request(5), event -> {
                deaf.accept(event);
                if (event.equals(news)) {
                    throw new IllegalStateException("gone");
                }
            });
            if (news instanceof TokenEvent.Started) {
                generations.getFirst().cancel();
            }
            assertEquals(
                    new TokenEvent.Failed(TokenEvent.Cause.BROKEN, "The completion could not be delivered: gone."),
                    deaf.awaitFailed());
            assertEquals(1, deaf.endings().size());
            assertEquals(List.of(), deaf.ids());
        }
        endless(1);
        Awaitility.await().until(() -> engine.running() == SLOTS && engine.unfinished() == SLOTS);
    }

    /// Submits sequences without an end, and waits until all run or wait where they should.
    private void endless(int count) {
        for (int i = 0; i < count; i++) {
            heard.add(new Recorder());
            generations.add(submit(request(1_000_000), heard.getLast()));
        }
        Awaitility.await().until(() -> engine.running() == Math.min(engine.unfinished(), SLOTS));
        Awaitility.await()
                .until(() -> engine.running() < SLOTS
                        || engine.waiting() == 0
                        || !places(heard.getLast()).isEmpty());
    }

    private static List<Integer> places(Recorder heard) {
        return heard.events().stream()
                .filter(TokenEvent.Waiting.class::isInstance)
                .map(event -> ((TokenEvent.Waiting) event).place())
                .toList();
    }

    private Generation submit(GenerationRequest request, Consumer<TokenEvent> listener) {
        return assertInstanceOf(Admission.Accepted.class, engine.submit(request, listener))
                .generation();
    }

    private static GenerationRequest request(int maxTokens) {
        return GenerationRequest.of(new int[] {1}, parameters(maxTokens));
    }

    private static SamplingParameters parameters(int maxTokens) {
        return SamplingParameters.defaults(1).withTemperature(0).withMaxTokens(maxTokens);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
