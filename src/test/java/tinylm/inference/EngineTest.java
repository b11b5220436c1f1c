package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineTest {

    private static final int VOCAB = 10;
    private static final int CONTEXT = 16;

    private final FakeRunner runner = new FakeRunner(VOCAB, CONTEXT, 8);
    private final Engine engine = Engine.start(() -> runner, 1_000, new Lanes(1), EngineObserver.NONE);

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void a_completion_is_what_the_model_makes_likeliest_also_when_the_context_slides() {
        var heard = generate(request(List.of(1, 2, 3), 100, new Lease()));
        assertEquals(new TokenEvent.Finished(FinishReason.LENGTH, 3, 0, 100), heard.awaitFinished());
        assertEquals(greedily(List.of(1, 2, 3), 100), heard.ids());
    }

    @Test
    void a_prompt_longer_than_the_context_is_seen_from_its_window_on() {
        var prompt = IntStream.range(0, 50).mapToObj(i -> i * 7 % VOCAB).toList();
        var heard = generate(request(prompt, 20, new Lease()));
        heard.awaitFinished();
        assertEquals(greedily(prompt, 20), heard.ids());
    }

    @Test
    void a_completion_does_not_depend_on_what_else_goes_on() {
        var random = new Random(1);
        var prompts = new ArrayList<List<Integer>>();
        var heard = new ArrayList<Recorder>();
        for (int i = 0; i < 200; i++) {
            var prompt = random.ints(1 + random.nextInt(30), 0, VOCAB).boxed().toList();
            prompts.add(prompt);
            heard.add(generate(request(prompt, 10 + i % 37, new Lease())));
            if (i % 3 == 2) {
                var cancelled = new Recorder();
                submit(request(prompt, 1_000_000, new Lease()), cancelled).cancel();
            }
        }
        for (int i = 0; i < 200; i++) {
            assertEquals(FinishReason.LENGTH, heard.get(i).awaitFinished().reason());
            assertEquals(greedily(prompts.get(i), 10 + i % 37), heard.get(i).ids(), "sequence " + i);
            assertEquals(1, heard.get(i).endings().size());
        }
        assertTrue(runner.widestDecode.get() <= 8);
        assertTrue(runner.swaps.get() > 0);
    }

    @Test
    void the_same_seed_draws_the_same_completion_and_another_seed_another() {
        var first = generate(GenerationRequest.of(new int[] {1}, SamplingParameters.defaults(7)));
        var again = generate(GenerationRequest.of(new int[] {1}, SamplingParameters.defaults(7)));
        var other = generate(GenerationRequest.of(new int[] {1}, SamplingParameters.defaults(8)));
        Stream.of(first, again, other).forEach(Recorder::awaitFinished);
        assertEquals(first.events(), again.events());
        assertTrue(!first.ids().equals(other.ids()));
    }

    @Test
    void a_continued_text_goes_on_from_its_slot_without_a_prefill() {
        var lease = new Lease();
        var first = generate(request(List.of(1, 2, 3), 6, lease));
        first.awaitFinished();
        var second = generate(request(continued(List.of(1, 2, 3), first), 5, lease));
        assertEquals(new TokenEvent.Finished(FinishReason.LENGTH, 9, 8, 5), second.awaitFinished());
        assertEquals(1, runner.prefills.get());
        assertEquals(greedily(List.of(1, 2, 3), 11), joined(first.ids(), second.ids()));
    }

    @Test
    void of_a_continued_text_with_new_input_only_the_unknown_end_is_prefilled() {
        var lease = new Lease();
        var first = generate(request(List.of(1, 2, 3), 4, lease));
        first.awaitFinished();
        var text = continued(List.of(1, 2, 3), first).withPrompt(5, 6);
        var second = generate(request(text, 3, lease));
        assertEquals(6, second.awaitFinished().reusedTokens());
        assertEquals(3 + 2, runner.prefilledTokens.get(), "the token drawn last is decoded");
        var reference = new Reference(VOCAB, CONTEXT).write(List.of(1, 2, 3));
        assertEquals(reference.draw(4), first.ids());
        assertEquals(reference.write(List.of(5, 6)).draw(3), second.ids());
    }

    @Test
    void a_lost_slot_costs_a_prefill_and_never_an_answer() {
        var lease = new Lease();
        var first = generate(request(List.of(1, 2, 3), 6, lease));
        first.awaitFinished();
        for (int i = 0; i < 8; i++) {
            generate(request(List.of(4), 1, new Lease())).awaitFinished();
        }
        var second = generate(request(continued(List.of(1, 2, 3), first), 5, lease));
        assertEquals(0, second.awaitFinished().reusedTokens());
        assertEquals(10, runner.prefills.get());
        assertEquals(greedily(List.of(1, 2, 3), 11), joined(first.ids(), second.ids()));
    }

    @Test
    void a_new_text_on_an_old_lease_is_computed_as_if_nothing_were_there() {
        var lease = new Lease();
        generate(request(List.of(1, 2, 3), 4, lease)).awaitFinished();
        assertEquals(
                0, generate(request(List.of(1, 2, 3), 4, lease)).awaitFinished().reusedTokens());
        assertEquals(6, runner.prefilledTokens.get());
    }

    @Test
    void a_stop_sequence_ends_the_completion_and_is_not_part_of_it() {
        var expected = greedily(List.of(1, 2), 20);
        var stop = expected.subList(6, 8).stream().mapToInt(i -> i).toArray();
        var heard = generate(new GenerationRequest(
                Text.EMPTY.withPrompt(1, 2), List.of(stop), parameters(20), 0, new int[0], new Lease()));
        assertEquals(FinishReason.STOP, heard.awaitFinished().reason());
        int first = Collections.indexOfSubList(expected, expected.subList(6, 8));
        assertEquals(expected.subList(0, first), heard.ids());
    }

    @Test
    void cancel_ends_a_sequence_within_one_step() {
        var heard = new Recorder();
        var inStep = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        runner.beforeDecode = () -> {
            inStep.countDown();
            await(goOn);
        };
        var generation = submit(request(List.of(1), 1_000_000, new Lease()), heard);
        await(inStep);
        generation.cancel();
        goOn.countDown();
        assertEquals(FinishReason.CANCELLED, heard.awaitFinished().reason());
        assertEquals(1, runner.decodes.get());
        Awaitility.await().until(() -> engine.unfinished() == 0);
    }

    @Test
    void a_sequence_cancelled_while_it_waits_never_takes_a_slot() {
        var goOn = new CountDownLatch(1);
        var inStep = new CountDownLatch(1);
        runner.beforeDecode = () -> {
            inStep.countDown();
            await(goOn);
        };
        generate(request(List.of(1), 2, new Lease()));
        await(inStep);
        var heard = new Recorder();
        submit(request(List.of(2), 5, new Lease()), heard).cancel();
        goOn.countDown();
        assertEquals(new TokenEvent.Finished(FinishReason.CANCELLED, 1, 0, 0), heard.awaitFinished());
        assertEquals(1, runner.prefills.get());
    }

    @Test
    void a_listener_that_throws_ends_its_own_sequence_only() {
        var good = generate(request(List.of(1), 60, new Lease()));
        var bad = new Recorder();
        submit(request(List.of(2), 60, new Lease()), event -> {
            bad.accept(event);
            if (bad.events().size() == 5) {
                throw new IllegalStateException("no room");
            }
        });
        assertEquals(
                "The next character could not be chosen: no room.",
                bad.awaitFailed().message());
        assertEquals(1, bad.endings().size());
        good.awaitFinished();
        assertEquals(greedily(List.of(1), 60), good.ids());
    }

    @Test
    void a_failing_prefill_ends_its_own_sequence_only() {
        runner.poison = 9;
        var bad = generate(request(List.of(9), 5, new Lease()));
        assertEquals(
                "The model failed to compute the next character: poisoned.",
                bad.awaitFailed().message());
        runner.poison = -1;
        var good = generate(request(List.of(1), 5, new Lease()));
        good.awaitFinished();
        assertEquals(greedily(List.of(1), 5), good.ids());
    }

    @Test
    void a_failing_decode_ends_all_that_took_part_and_the_engine_goes_on() {
        runner.beforeDecode = () -> {
            throw new IllegalStateException("out of memory");
        };
        var lease = new Lease();
        var bad = List.of(generate(request(List.of(1), 5, lease)), generate(request(List.of(2), 5, new Lease())));
        bad.forEach(heard -> assertEquals(
                "The model failed to compute the next character: out of memory.",
                heard.awaitFailed().message()));
        runner.beforeDecode = () -> {};
        var good = generate(request(List.of(1), 5, lease));
        good.awaitFinished();
        assertEquals(greedily(List.of(1), 5), good.ids());
    }

    @Test
    void one_that_there_is_no_memory_for_fails_and_the_others_go_on() {
        runner.room = 2;
        var heard = List.of(new Recorder(), new Recorder());
        var others = heard.stream()
                .map(recorder -> submit(request(List.of(1), 1_000_000, new Lease()), recorder))
                .toList();
        var lease = new Lease();
        assertEquals(
                "There is no memory for more than 2 texts at once. Please try again in a few seconds.",
                generate(request(List.of(3), 5, lease)).awaitFailed().message());
        runner.room = 8;
        var good = generate(request(List.of(3), 5, lease));
        good.awaitFinished();
        assertEquals(greedily(List.of(3), 5), good.ids());
        others.forEach(Generation::cancel);
        heard.forEach(other -> {
            assertEquals(FinishReason.CANCELLED, other.awaitFinished().reason());
            assertEquals(greedily(List.of(1), other.ids().size()), other.ids());
        });
    }

    @Test
    void a_second_sequence_of_a_busy_lease_is_refused() {
        var lease = new Lease();
        var first = submit(request(List.of(1), 1_000_000, lease), new Recorder());
        assertEquals(
                "This cannot be computed: a lease is good for one sequence at a time.",
                generate(request(List.of(1), 5, lease)).awaitFailed().message());
        first.cancel();
    }

    @Test
    void a_token_that_the_model_does_not_know_is_refused_at_once() {
        var thrown =
                assertThrows(IllegalArgumentException.class, () -> generate(request(List.of(1, 10), 1, new Lease())));
        assertEquals("token ids must be between 0 and 9, but the prompt has 10", thrown.getMessage());
    }

    @Test
    void closing_waits_for_the_step_under_way_and_answers_everybody() {
        var waiting = new ArrayList<Recorder>();
        for (int i = 0; i < 20; i++) {
            waiting.add(generate(request(List.of(1), 1_000_000, new Lease())));
        }
        Awaitility.await().until(() -> runner.decodes.get() > 3);
        engine.close();
        assertTrue(runner.closed);
        var late = new Recorder();
        assertEquals(new Admission.Closing(), engine.submit(request(List.of(1), 5, new Lease()), late));
        assertEquals(List.of(), late.events());
        var failed = new TokenEvent.Failed(TokenEvent.Cause.SHUTDOWN, "The server is shutting down.");
        waiting.forEach(heard -> assertEquals(List.of(failed), heard.endings()));
    }

    private Recorder generate(GenerationRequest request) {
        var recorder = new Recorder();
        submit(request, recorder);
        return recorder;
    }

    private Generation submit(GenerationRequest request, Consumer<TokenEvent> listener) {
        return assertInstanceOf(Admission.Accepted.class, engine.submit(request, listener))
                .generation();
    }

    private static GenerationRequest request(List<Integer> prompt, int maxTokens, Lease lease) {
        return request(Text.EMPTY.withPrompt(array(prompt)), maxTokens, lease);
    }

    private static GenerationRequest request(Text text, int maxTokens, Lease lease) {
        return new GenerationRequest(text, List.of(), parameters(maxTokens), 0, new int[0], lease);
    }

    private static Text continued(List<Integer> prompt, Recorder completion) {
        return Text.EMPTY.withPrompt(array(prompt)).withDrawn(array(completion.ids()));
    }

    private static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(i -> i).toArray();
    }

    private static SamplingParameters parameters(int maxTokens) {
        return SamplingParameters.defaults(1).withTemperature(0).withMaxTokens(maxTokens);
    }

    private static List<Integer> greedily(List<Integer> prompt, int count) {
        return new Reference(VOCAB, CONTEXT).write(prompt).draw(count);
    }

    private static List<Integer> joined(List<Integer> a, List<Integer> b) {
        return Stream.concat(a.stream(), b.stream()).toList();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(Arrays.toString(e.getStackTrace()), e);
        }
    }
}
