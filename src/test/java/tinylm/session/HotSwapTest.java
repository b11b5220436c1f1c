package tinylm.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static tinylm.session.FakeServer.following;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointException;
import tinylm.inference.EngineObserver;
import tinylm.inference.FinishReason;
import tinylm.inference.Lanes;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.inference.SamplingParameters;

/// Real, tiny models that take each other's place while people stream.
class HotSwapTest {

    private static final String ALPHABET = "abcdefgh \n";
    private static final Limits LIMITS = new Limits(1_000, 1_000_000, 2, 5);
    private static final Duration LONG = Duration.ofDays(1);

    @TempDir
    private Path folder;

    private final Tickets tickets = new Tickets(new byte[32], Duration.ofHours(1), InstantSource.system());
    private Checkpoint first;
    private Checkpoint second;

    @BeforeEach
    void save() {
        first = Babble.save(folder.resolve("first"), ALPHABET, 32, 1, 1);
        second = Babble.save(folder.resolve("second"), ALPHABET, 24, 1, 2);
    }

    @Test
    void a_running_stream_goes_on_exactly_on_the_model_that_began_it() {
        try (var models = models(first, Duration.ofMillis(1))) {
            var running = new Heard();
            var session = session(models);
            session.create(request("abc", 1_000_000), running);
            running.awaitCharacters(10);
            models.promote(second);
            int soFar = running.deltas().size();
            running.awaitCharacters(soFar + 200);
            assertEquals(2, models.all().count());
            session.cancel();
            assertEquals(FinishReason.CANCELLED, running.awaitEnded().reason());
            Awaitility.await().until(() -> models.all().count() == 1);
            assertEquals(alone(first, request("abc", running.deltas().size())).deltas(), running.deltas());
            var next = create(session(models), request("abc", 60));
            assertEquals(alone(second, request("abc", 60)).deltas(), next.deltas());
            assertNotEquals(alone(first, request("abc", 60)).text(), next.text());
        }
    }

    @Test
    void a_continuation_goes_on_with_the_new_model_as_if_all_had_been_written() {
        try (var models = models(first, LONG)) {
            var session = session(models);
            var begun = create(session, request("abc", 10));
            models.promote(second);
            var continued = create(session, following(begun.created().id(), request("h", 60)));
            var written = alone(second, request("abc" + begun.text() + "h", 60));
            assertEquals(written.deltas(), continued.deltas());
            assertEquals(14, continued.awaitEnded().inputTokens());
            assertEquals(second, continued.created().model());
        }
    }

    @Test
    void a_continuation_in_characters_that_the_new_model_lacks_is_refused() {
        var smaller = Babble.save(folder.resolve("smaller"), "abc", 32, 1, 3);
        try (var models = models(first, LONG)) {
            var session = session(models);
            var begun = create(session, request("abch", 1));
            models.promote(smaller);
            var refusal = session.create(following(begun.created().id(), request("a", 5)), new Heard());
            assertEquals("unknown_characters", refusal.orElseThrow().code());
            assertEquals("previous_response_id", refusal.orElseThrow().param());
            assertEquals(5, create(session, request("abc", 5)).text().length());
        }
    }

    @Test
    void a_lost_stream_is_resumed_on_the_old_model_while_that_is_there_and_not_after() {
        var lost = new Heard();
        try (var models = models(first, LONG)) {
            var session = session(models);
            session.create(request("abc", 100), lost);
            lost.awaitCharacters(20);
            session.close();
            models.promote(second);
            var resumed = new Heard();
            assertEquals(Optional.empty(), resume(models, lost, resumed));
            resumed.awaitEnded();
            assertEquals(alone(first, request("abc", 100)).deltas().subList(20, 100), resumed.deltas());
        }
        try (var models = models(first, Duration.ofMillis(1))) {
            models.promote(second);
            Awaitility.await().until(() -> models.all().count() == 1);
            var resumed = new Heard();
            assertEquals(
                    "other_checkpoint",
                    resume(models, lost, resumed).orElseThrow().code());
            assertEquals(List.of(), resumed.events());
            models.promote(first);
            assertEquals(Optional.empty(), resume(models, lost, resumed));
            resumed.awaitEnded();
            assertEquals(alone(first, request("abc", 100)).deltas().subList(20, 100), resumed.deltas());
        }
    }

    @Test
    void a_checkpoint_that_was_changed_on_the_disk_is_refused_and_nothing_changes() throws IOException {
        try (var models = models(first, LONG)) {
            var running = new Heard();
            var session = session(models);
            session.create(request("abc", 1_000_000), running);
            var current = models.current();
            var weights = second.directory().resolve("model.safetensors");
            byte[] bytes = Files.readAllBytes(weights);
            bytes[bytes.length - 1] ^= 1;
            Files.write(weights, bytes);
            assertThrows(CheckpointException.class, () -> models.promote(second));
            assertSame(current, models.current());
            assertEquals(1, models.all().count());
            int soFar = running.deltas().size();
            running.awaitCharacters(soFar + 50);
            session.cancel();
            running.awaitEnded();
            assertEquals(alone(first, request("abc", running.deltas().size())).deltas(), running.deltas());
        }
    }

    private Optional<Refusal> resume(Models models, Heard lost, Heard resumed) {
        var text = lost.text().substring(0, 20);
        return session(models).resume(new ResumeRequest(lost.created().ticket(), 1_020, Optional.of(text)), resumed);
    }

    private Heard alone(Checkpoint checkpoint, ResponseRequest request) {
        try (var models = models(checkpoint, LONG)) {
            return create(session(models), request);
        }
    }

    private static Heard create(Session session, ResponseRequest request) {
        var heard = new Heard();
        assertEquals(Optional.empty(), session.create(request, heard));
        heard.awaitEnded();
        return heard;
    }

    private Session session(Models models) {
        return new Session(models, LIMITS, tickets);
    }

    private static Models models(Checkpoint checkpoint, Duration grace) {
        var settings = new LoadedModel.Settings(4, 10, new Lanes(1), EngineObserver.NONE, Optional.empty());
        return new Models(checkpoint, one -> LoadedModel.open(one, settings), grace);
    }

    private static ResponseRequest request(String input, int maxTokens) {
        return new ResponseRequest(
                input,
                SamplingParameters.defaults(7).withMaxTokens(maxTokens),
                List.of(),
                Optional.empty(),
                OptionalInt.of(1));
    }
}
