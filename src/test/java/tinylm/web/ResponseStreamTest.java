package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Manifest;
import tinylm.inference.FinishReason;
import tinylm.inference.SamplingParameters;
import tinylm.model.GptConfig;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;
import tinylm.session.ResponseRequest;
import tinylm.text.CharTokenizer;

class ResponseStreamTest {

    private static final Checkpoint MODEL = new Checkpoint(
            Path.of("tiny"),
            new GptConfig(2, 8, 1, 1, 1, 0),
            CharTokenizer.of("ab"),
            Optional.of(new Manifest(Babble.provenance(8, 1), Map.of())),
            "0".repeat(64));
    private static final ResponseRequest REQUEST = new ResponseRequest(
            "abc", SamplingParameters.defaults(7), List.of(), Optional.empty(), OptionalInt.empty());

    private record Task(long at, Runnable run) {}

    private final List<ServerEvent> frames = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private long now = 1_000_000;
    private boolean behind;
    private final ResponseStream stream = new ResponseStream(
            () -> Instant.ofEpochMilli(now),
            (millis, task) -> tasks.add(new Task(now + millis, task)),
            frames::add,
            () -> behind);

    @Test
    void the_frames_of_a_response_come_in_order_and_the_text_is_numbered_by_its_length() {
        for (int round = 0; round < 2; round++) {
            frames.clear();
            create();
            start();
            say("a");
            pass(0);
            say("b");
            stream.accept(new ResponseEvent.Ended(FinishReason.STOP, "ab", 3, 2, 2, Duration.ofSeconds(1)));
            assertEquals(
                    List.of(
                            "response.created 0",
                            "response.in_progress 1",
                            "response.output_item.added 2",
                            "response.content_part.added 3",
                            "response.output_text.delta 1001",
                            "response.output_text.delta 1002",
                            "response.output_text.done 1003",
                            "response.content_part.done 1004",
                            "response.output_item.done 1005",
                            "response.completed 1006"),
                    numbered());
            pass(100);
            assertEquals(10, frames.size());
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
        stream.accept(new ResponseEvent.Failed("server_error", "It broke."));
        var failed = (ServerEvent.ResponseChanged) frames.getLast();
        assertEquals("response.failed", failed.type());
        assertEquals("It broke.", failed.response().error().orElseThrow().message());
    }

    @Test
    void a_refusal_repeats_the_last_number_and_disturbs_nothing() {
        create();
        start();
        say("a");
        pass(0);
        stream.refuse(Refusal.invalid("response_in_progress", "Wait.", "type"));
        say("b");
        pass(30);
        assertEquals(
                List.of("response.output_text.delta 1001", "error 1001", "response.output_text.delta 1002"),
                numbered().subList(4, 7));
    }

    private String ending(FinishReason reason) {
        create();
        stream.accept(new ResponseEvent.Ended(reason, "", 3, 2, 0, Duration.ofSeconds(1)));
        var ended = (ServerEvent.ResponseChanged) frames.getLast();
        return ended.type() + " " + ended.response().status() + " "
                + ended.response().incompleteDetails();
    }

    private void create() {
        stream.accept(new ResponseEvent.Created("resp_1", Instant.EPOCH, MODEL, REQUEST, "ticket"));
    }

    private void start() {
        stream.accept(new ResponseEvent.Started());
    }

    private void say(String text) {
        stream.accept(new ResponseEvent.Delta(text, List.of()));
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

    private List<String> numbered() {
        return frames.stream()
                .map(frame -> frame.type() + " " + frame.sequenceNumber())
                .toList();
    }

    private List<String> deltas() {
        return frames.stream()
                .filter(ServerEvent.TextDelta.class::isInstance)
                .map(frame -> ((ServerEvent.TextDelta) frame).delta())
                .toList();
    }
}
