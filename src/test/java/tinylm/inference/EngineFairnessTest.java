package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What long prompts cost the others, and the others the long prompts.
class EngineFairnessTest {

    private static final int CONTEXT = 4_096;
    private static final int SLOTS = 8;
    private static final int CHUNKS = 20;

    private final AtomicLong steps = new AtomicLong();
    private final FakeRunner runner = new FakeRunner(10, CONTEXT, SLOTS);
    private final Engine engine = Engine.start(() -> runner, 1_000, new Lanes(1), new EngineObserver() {
        @Override
        public void stepped(StepReport report) {
            steps.incrementAndGet();
        }
    });

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void a_long_prompt_delays_the_next_character_of_others_by_one_chunk_at_most() {
        assertEquals(View.CHUNK, mostPrefilledBetweenDecodes(1));
    }

    @Test
    void many_long_prompts_delay_it_by_a_fixed_number_of_chunks_at_most() {
        assertEquals(Batch.PREFILL, mostPrefilledBetweenDecodes(SLOTS - 1));
    }

    /// The writer waits for the long prompts to arrive, and ends before its context slides: a slide prefills too.
    private int mostPrefilledBetweenDecodes(int longPrompts) {
        var between = new CopyOnWriteArrayList<Integer>();
        var before = new AtomicInteger(1);
        var arrived = new CountDownLatch(1);
        runner.beforeDecode = () -> {
            awaitUninterruptibly(arrived);
            between.add(runner.prefilledTokens.get() - before.getAndSet(runner.prefilledTokens.get()));
        };
        var writer = generate(request(1, CONTEXT / 2));
        Awaitility.await().until(() -> !writer.ids().isEmpty());
        var heard = IntStream.range(0, longPrompts)
                .mapToObj(i -> generate(request(CHUNKS * View.CHUNK, 1)))
                .toList();
        arrived.countDown();
        heard.forEach(Recorder::awaitFinished);
        writer.awaitFinished();
        assertEquals(
                longPrompts * CHUNKS * View.CHUNK,
                between.stream().mapToInt(i -> i).sum());
        return between.stream().mapToInt(i -> i).max().orElseThrow();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void prompts_are_prefilled_first_come_first_served() {
        var first = new CopyOnWriteArrayList<Integer>();
        for (int i = 0; i < 40; i++) {
            int number = i;
            engine.submit(request(5 * View.CHUNK, 2), event -> {
                if (event instanceof TokenEvent.Token token && token.index() == 0) {
                    first.add(number);
                }
            });
        }
        Awaitility.await().until(() -> first.size() == 40);
        assertEquals(IntStream.range(0, 40).boxed().toList(), first);
    }

    @Test
    void a_long_prompt_is_not_starved_by_short_ones_that_never_cease() {
        assertTrue(stepsToFirstToken(CHUNKS * View.CHUNK, 1) <= CHUNKS + 1);
    }

    @Test
    void a_short_prompt_is_not_starved_by_long_ones_that_never_cease() {
        assertTrue(stepsToFirstToken(1, CHUNKS * View.CHUNK) <= (SLOTS - 1) * CHUNKS);
    }

    /// Steps from the slot to the first token, while whoever ends is followed by another at once.
    private long stepsToFirstToken(int promptLength, int othersLength) {
        var over = new AtomicBoolean();
        for (int i = 0; i < 5 * SLOTS; i++) {
            submitForEver(othersLength, over);
        }
        Awaitility.await().until(() -> runner.prefills.get() > 5 * SLOTS);
        var times = new ArrayList<Long>();
        var done = new AtomicBoolean();
        engine.submit(request(promptLength, 1), event -> {
            if (event instanceof TokenEvent.Started || event instanceof TokenEvent.Token) {
                times.add(steps.get());
            }
            done.set(event instanceof TokenEvent.Finished);
        });
        Awaitility.await().untilTrue(done);
        over.set(true);
        return times.get(1) - times.get(0);
    }

    private void submitForEver(int promptLength, AtomicBoolean over) {
        engine.submit(request(promptLength, 1), event -> {
            if (event instanceof TokenEvent.Finished && !over.get()) {
                submitForEver(promptLength, over);
            }
        });
    }

    private Recorder generate(GenerationRequest request) {
        var heard = new Recorder();
        engine.submit(request, heard);
        return heard;
    }

    private static GenerationRequest request(int promptLength, int maxTokens) {
        return GenerationRequest.of(
                new int[promptLength],
                SamplingParameters.defaults(1).withTemperature(0).withMaxTokens(maxTokens));
    }
}
