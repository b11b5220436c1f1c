package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tinylm.inference.FinishReason;
import tinylm.inference.SamplingParameters;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;
import tinylm.session.ResponseRequest;

class ResponseStreamTest {

    private record Task(long at, Runnable run) {}

    private final List<ServerEvent> frames = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private long now = 1_000_000;
    private boolean behind;
    private final ResponseStream stream = new ResponseStream(
            "tiny",
            () -> Instant.ofEpochMilli(now),
            (millis, task) -> tasks.add(new Task(now + millis, task)),
            frames::add,
            () -> behind);

    @Test
    void the_frames_of_a_response_come_in_order_and_are_numbered_from_zero() {
        for (int round = 0; round < 2; round++) {
            frames.clear();
            create();
            say("a");
            pass(0);
            say("b");
            stream.accept(new ResponseEvent.Ended(FinishReason.STOP, "ab", 3, 2, 2, Duration.ofSeconds(1)));
            assertEquals(
                    List.of(
                            "response.created",
                            "response.in_progress",
                            "response.output_text.delta",
                            "response.output_text.delta",
                            "response.output_text.done",
                            "response.completed"),
                    types());
            assertEquals(
                    LongStream.range(0, 6).boxed().toList(),
                    frames.stream().map(ServerEvent::sequenceNumber).toList());
            pass(100);
            assertEquals(6, frames.size());
        }
    }

    @Test
    void the_first_character_goes_at_once_and_the_next_are_gathered_for_thirty_milliseconds() {
        create();
        say("a");
        pass(0);
        assertEquals(List.of("a"), deltas());
        say("b");
        pass(10);
        say("c");
        pass(19);
        assertEquals(List.of("a"), deltas());
        pass(1);
        assertEquals(List.of("a", "bc"), deltas());
        pass(50);
        say("d");
        pass(0);
        assertEquals(List.of("a", "bc", "d"), deltas());
    }

    @Test
    void a_reader_that_is_behind_gets_fewer_and_longer_frames() {
        create();
        behind = true;
        for (int i = 0; i < 100; i++) {
            say("x");
            pass(10);
        }
        assertEquals(List.of(), deltas());
        behind = false;
        pass(30);
        assertEquals(List.of("x".repeat(100)), deltas());
    }

    @Test
    void a_clock_that_is_set_back_holds_nothing_back() {
        create();
        say("a");
        pass(0);
        now -= 3_600_000;
        say("b");
        pass(30);
        assertEquals(List.of("a", "b"), deltas());
    }

    @Test
    void every_ending_has_its_event_and_status() {
        assertEquals("response.completed completed Optional.empty", ending(FinishReason.STOP));
        assertEquals(
                "response.incomplete incomplete Optional[Incomplete[reason=max_output_tokens]]",
                ending(FinishReason.LENGTH));
        assertEquals(
                "response.incomplete cancelled Optional[Incomplete[reason=cancelled]]", ending(FinishReason.CANCELLED));
        create();
        stream.accept(new ResponseEvent.Failed("It broke."));
        var failed = (ServerEvent.ResponseChanged) frames.getLast();
        assertEquals("response.failed", failed.type());
        assertEquals("It broke.", failed.response().error().orElseThrow().message());
    }

    @Test
    void a_refusal_is_numbered_like_any_other_frame_and_disturbs_nothing() {
        create();
        stream.refuse(new Refusal("response_in_progress", "Wait.", "type"));
        say("a");
        pass(0);
        assertEquals(
                List.of(0L, 1L, 2L, 3L),
                frames.stream().map(ServerEvent::sequenceNumber).toList());
        assertEquals("error", frames.get(2).type());
    }

    private String ending(FinishReason reason) {
        create();
        stream.accept(new ResponseEvent.Ended(reason, "", 3, 2, 0, Duration.ofSeconds(1)));
        var ended = (ServerEvent.ResponseChanged) frames.getLast();
        return ended.type() + " " + ended.response().status() + " "
                + ended.response().incompleteDetails();
    }

    private void create() {
        stream.accept(new ResponseEvent.Created(
                "resp_1", new ResponseRequest("abc", SamplingParameters.defaults(7), List.of(), Optional.empty())));
    }

    private void say(String text) {
        stream.accept(new ResponseEvent.Delta(text));
    }

    private void pass(long millis) {
        long until = now + millis;
        for (var due = due(until); due.isPresent(); due = due(until)) {
            tasks.remove(due.get());
            now = Math.max(now, due.get().at());
            due.get().run().run();
        }
        now = until;
    }

    private Optional<Task> due(long until) {
        return tasks.stream().filter(task -> task.at() <= until).findFirst();
    }

    private List<String> types() {
        return frames.stream().map(ServerEvent::type).toList();
    }

    private List<String> deltas() {
        return frames.stream()
                .filter(ServerEvent.TextDelta.class::isInstance)
                .map(frame -> ((ServerEvent.TextDelta) frame).delta())
                .toList();
    }
}
