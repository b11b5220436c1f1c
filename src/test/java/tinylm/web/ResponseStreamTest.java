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
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Manifest;
import tinylm.inference.FinishReason;
import tinylm.inference.SamplingParameters;
import tinylm.model.GptConfig;
import tinylm.session.CharacterLogprob;
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
    void whatever_pieces_a_text_comes_in_its_numbers_count_characters() {
        for (int seed = 0; seed < 300; seed++) {
            var text = text(new Random(seed), 1 + seed % 60);
            stream(text, new Random(seed));
            var soFar = new StringBuilder();
            for (var frame : frames) {
                if (frame instanceof ServerEvent.TextDelta delta) {
                    soFar.append(delta.delta());
                    assertEquals(1_000 + length(soFar.toString()), delta.sequenceNumber(), "seed " + seed);
                }
            }
            assertEquals(text, soFar.toString(), "seed " + seed);
            int length = length(text);
            assertEquals(
                    List.of(
                            "response.output_text.done " + (1_001 + length),
                            "response.content_part.done " + (1_002 + length),
                            "response.output_item.done " + (1_003 + length),
                            "response.completed " + (1_004 + length)),
                    numbered().subList(frames.size() - 4, frames.size()),
                    "seed " + seed);
        }
    }

    @Test
    void a_stream_cut_after_any_frame_and_resumed_is_whole() {
        for (int seed = 0; seed < 200; seed++) {
            var text = text(new Random(seed), seed % 30);
            stream(text, new Random(seed));
            var whole = List.copyOf(frames);
            var types = types(whole);
            for (int cut = 1; cut <= whole.size(); cut++) {
                var received = whole.subList(0, cut);
                long last = received.getLast().sequenceNumber();
                resume(text, last, new Random(seed * 1_000L + cut));
                var message = "seed " + seed + ", resumed after " + last;
                assertEquals(text, deltas(received) + deltas(frames), message);
                assertEquals("response.in_progress " + last, numbered().getFirst(), message);
                // all that comes behind the text comes once; but for the last, which says that all came
                var tail = new ArrayList<>(types(received));
                tail.addAll(types(frames).subList(1, frames.size()));
                tail.removeIf(type -> !type.matches(".*(done|completed)"));
                assertEquals(
                        types.subList(types.size() - 4, types.size()),
                        cut < whole.size() ? tail : tail.subList(0, tail.size() - 1),
                        message);
                assertEquals(whole.getLast().sequenceNumber(), frames.getLast().sequenceNumber(), message);
            }
        }
    }

    @Test
    void events_of_a_resumed_stream_that_bring_no_text_repeat_the_last_number() {
        stream.accept(new ResponseEvent.Resumed("resp_1", Instant.EPOCH, MODEL, REQUEST, 1_005, 5));
        stream.accept(new ResponseEvent.Queued(2));
        stream.accept(new ResponseEvent.Queued(1));
        start();
        stream.refuse(Refusal.invalid("response_in_progress", "Wait.", "type"));
        say("abc");
        pass(0);
        assertEquals(
                List.of(
                        "response.queued 1005",
                        "response.queued 1005",
                        "response.in_progress 1005",
                        "error 1005",
                        "response.output_text.delta 1008"),
                numbered());
    }

    @Test
    void the_place_in_the_queue_is_told_in_numbers_below_the_text() {
        create();
        for (int place = 900; place > 0; place--) {
            stream.accept(new ResponseEvent.Queued(place));
        }
        start();
        say("a");
        pass(0);
        assertEquals(
                LongStream.rangeClosed(0, 903).boxed().toList(),
                frames.subList(0, 904).stream().map(ServerEvent::sequenceNumber).toList());
        var queued = (ServerEvent.ResponseChanged) frames.get(1);
        assertEquals("response.queued", queued.type());
        assertEquals("queued", queued.response().status());
        assertEquals(OptionalInt.of(900), queued.queuePosition());
        assertEquals("response.output_text.delta 1001", numbered().getLast());
    }

    @Test
    void a_failure_has_the_number_of_what_arrived_so_that_nothing_is_lost_when_it_is_resumed() {
        create();
        start();
        say("ab");
        stream.accept(new ResponseEvent.Failed("shutting_down", "The server is shutting down."));
        assertEquals(
                List.of("response.output_text.delta 1002", "response.failed 1002"),
                numbered().subList(4, 6));
    }

    @Test
    void so_has_all_that_follows_a_text_which_was_cut_short() {
        create();
        start();
        say("ab");
        cancelled(2);
        assertEquals(
                List.of(
                        "response.output_text.delta 1002",
                        "response.output_text.done 1002",
                        "response.content_part.done 1002",
                        "response.output_item.done 1002",
                        "response.incomplete 1002"),
                numbered().subList(4, 9));
        frames.clear();
        // computed again from its beginning, and cancelled before it came to where it was lost
        stream.accept(new ResponseEvent.Resumed("resp_1", Instant.EPOCH, MODEL, REQUEST, 1_005, 5));
        cancelled(1);
        assertEquals("response.incomplete 1005", numbered().getLast());
    }

    private void cancelled(int length) {
        stream.accept(new ResponseEvent.Ended(
                FinishReason.CANCELLED, "ab".substring(0, length), 3, 2, length, Duration.ofSeconds(1)));
    }

    @Test
    void the_probabilities_of_a_delta_are_those_of_its_characters() {
        create();
        for (var character : List.of("a", "\ud83c\udf0a", "b")) {
            stream.accept(new ResponseEvent.Delta(
                    character,
                    List.of(new CharacterLogprob(character, -1, List.of(new CharacterLogprob.Alternative("c", -2))))));
            if (character.equals("a")) {
                pass(0);
            }
        }
        pass(30);
        var second = (ServerEvent.TextDelta) frames.getLast();
        var other = List.of(new ServerEvent.TopLogprob("c", -2));
        assertEquals(
                List.of(new ServerEvent.Logprob("\ud83c\udf0a", -1, other), new ServerEvent.Logprob("b", -1, other)),
                second.logprobs());
    }

    /// A whole response, in pieces that chance makes.
    private void stream(String text, Random random) {
        frames.clear();
        create();
        start();
        write(text, 0, random);
    }

    private void resume(String text, long startingAfter, Random random) {
        frames.clear();
        int length = length(text);
        int received = (int) Math.clamp(startingAfter - 1_000, 0, length);
        stream.accept(new ResponseEvent.Resumed(
                "resp_1", Instant.EPOCH, MODEL, REQUEST, startingAfter, (int) Math.max(startingAfter - 1_000, 0)));
        start();
        write(text, received, random);
    }

    private void write(String text, int from, Random random) {
        text.codePoints().skip(from).forEach(character -> {
            say(Character.toString(character));
            behind = random.nextInt(4) == 0;
            pass(random.nextInt(40));
        });
        behind = false;
        stream.accept(new ResponseEvent.Ended(FinishReason.STOP, text, 3, 2, length(text), Duration.ofSeconds(1)));
    }

    private static String text(Random random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(random.nextInt(5) == 0 ? "\ud83c\udf0a" : "a");
        }
        return text.toString();
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static List<String> types(List<ServerEvent> frames) {
        return frames.stream().map(ServerEvent::type).toList();
    }

    private static String deltas(List<ServerEvent> frames) {
        return frames.stream()
                .filter(ServerEvent.TextDelta.class::isInstance)
                .map(frame -> ((ServerEvent.TextDelta) frame).delta())
                .collect(Collectors.joining());
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
        assertEquals("server_error", failure(new ResponseEvent.Failed("server_error", "It broke.")));
        create();
        assertEquals("invalid_request_error", failure(new ResponseEvent.Failed("text_mismatch", "It broke.")));
    }

    /// Returns the type of the error.
    private String failure(ResponseEvent.Failed event) {
        stream.accept(event);
        var failed = (ServerEvent.ResponseChanged) frames.getLast();
        assertEquals("response.failed", failed.type());
        var error = failed.response().error().orElseThrow();
        assertEquals(event.message(), error.message());
        return error.type();
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
