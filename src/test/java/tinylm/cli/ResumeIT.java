package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Checkpoints;
import tinylm.web.TinyModelResource;

/// Server processes that share a ticket key and a checkpoint: a stream that is lost at one of them goes on at another
/// with nothing lost, doubled or different. And servers that share less, which say so.
@EnabledOnOs({OS.LINUX, OS.MAC})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResumeIT {

    private static final Path SHIPPED = Path.of("data/checkpoint").toAbsolutePath();
    private static final String KEY = "a key of forty characters, for this test";
    private static final int STREAMS = 200;
    private static final int AT_ONCE = 50;
    private static final long SEED = 31;
    private static final int[] ALPHABET = Checkpoints.load(SHIPPED).tokenizer().codePoints();

    private final HttpClient http = HttpClient.newHttpClient();
    private Path folder;
    private PackagedProcess one;
    private PackagedProcess other;

    @BeforeAll
    void start(@TempDir Path classFolder) throws IOException {
        folder = classFolder;
        one = serve(SHIPPED, KEY, "1h");
        other = serve(SHIPPED, KEY, "1h");
    }

    @AfterAll
    void stop() {
        one.close();
        other.close();
        http.shutdownNow();
    }

    @Test
    void two_hundred_streams_cut_at_random_characters_go_on_elsewhere_as_if_nothing_had_happened() throws Exception {
        var random = new SplittableRandom(SEED);
        var visits = new ArrayList<Callable<Void>>();
        for (int i = 0; i < STREAMS; i++) {
            var own = random.split();
            boolean withText = i % 2 == 0;
            int cuts = i % 5 == 0 ? 2 : 1;
            visits.add(() -> cutAndResume(own, withText, cuts));
        }
        try (var visitors = Executors.newFixedThreadPool(AT_ONCE)) {
            for (Future<Void> visit : visitors.invokeAll(visits)) {
                visit.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("with seed " + SEED + ": " + e.getCause().getMessage(), e.getCause());
        }
    }

    @Test
    void a_stream_goes_on_behind_two_thousand_characters_with_its_text_and_without() {
        var random = new SplittableRandom(SEED);
        var request = request(random, 2_100);
        for (boolean withText : new boolean[] {true, false}) {
            var stream = new LostStream(http);
            stream.begin(one.address(), request);
            stream.readTo(2_000);
            stream.loseAt(2_000);
            long start = System.nanoTime();
            stream.resume(other.address(), withText);
            stream.readTo(2_001);
            System.out.printf(
                    "a stream went on at character 2,000 after %.0f ms %s its text%n",
                    (System.nanoTime() - start) / 1e6, withText ? "with" : "without");
            stream.readTo(Integer.MAX_VALUE);
            assertEquals(whole(request), stream.text());
            stream.lose();
        }
    }

    @Test
    void a_ticket_that_was_changed_or_signed_with_another_key_is_refused() throws IOException {
        var stream = lost(one);
        var ticket = new StringBuilder(stream.ticket());
        int middle = ticket.length() / 3;
        ticket.setCharAt(middle, ticket.charAt(middle) == 'A' ? 'B' : 'A');
        assertEquals("ticket_invalid", stream.refusal(other.address(), ticket.toString()));
        try (var stranger = serve(SHIPPED, "another key of forty characters, no less", "1h")) {
            assertEquals("ticket_invalid", stream.refusal(stranger.address(), stream.ticket()));
        }
    }

    @Test
    void a_ticket_that_is_too_old_is_refused() throws IOException {
        try (var forgetful = serve(SHIPPED, KEY, "1ms")) {
            var stream = lost(forgetful);
            assertEquals("ticket_expired", stream.refusal(other.address(), stream.ticket()));
        }
    }

    @Test
    void a_ticket_of_another_checkpoint_is_refused() throws IOException {
        var model = new TinyModelResource();
        try (var stranger = serve(Path.of(model.start().get("tinylm.checkpoint")), KEY, "1h")) {
            var stream = lost(one);
            assertEquals("other_checkpoint", stream.refusal(stranger.address(), stream.ticket()));
        } finally {
            model.stop();
        }
    }

    private Void cutAndResume(SplittableRandom random, boolean withText, int cuts) {
        int length = random.nextInt(40, 201);
        var request = request(random, length);
        var stream = new LostStream(http);
        stream.begin(one.address(), request);
        int cut = 0;
        for (int i = 0; i < cuts; i++) {
            cut = random.nextInt(cut, length);
            stream.readTo(cut);
            stream.loseAt(cut);
            stream.resume((i == 0 ? other : one).address(), withText);
        }
        stream.readTo(Integer.MAX_VALUE);
        stream.lose();
        var whole = whole(request);
        assertEquals(length, whole.length());
        assertEquals(
                whole,
                stream.text(),
                () -> request + " cut at last at " + stream.text().length());
        assertEquals(whole, stream.whole());
        return null;
    }

    /// The same text without an interruption.
    private String whole(ObjectNode request) {
        var stream = new LostStream(http);
        stream.begin(one.address(), request);
        stream.readTo(Integer.MAX_VALUE);
        stream.lose();
        return stream.text();
    }

    /// A stream that lost its connection right behind its beginning.
    private LostStream lost(PackagedProcess server) {
        var stream = new LostStream(http);
        stream.begin(server.address(), request(new SplittableRandom(SEED), 20));
        stream.loseAt(0);
        return stream;
    }

    /// A prompt of 60 to 250 characters: with the completion, often more than the context of 256.
    private static ObjectNode request(SplittableRandom random, int length) {
        var prompt = new StringBuilder();
        random.ints(random.nextInt(60, 251), 0, ALPHABET.length).forEach(id -> prompt.appendCodePoint(ALPHABET[id]));
        return new ObjectMapper()
                .createObjectNode()
                .put("input", prompt.toString())
                .put("max_output_tokens", length)
                .put("temperature", random.nextDouble(0.5, 1.5))
                .put("repetition_penalty", random.nextInt(3) == 0 ? 1.2 : 1)
                .put("seed", random.nextLong(1L << 53));
    }

    /// With one thread: two servers that each want all processors wait for each other most of the time.
    private PackagedProcess serve(Path checkpoint, String ticketKey, String ticketLifetime) throws IOException {
        var environment =
                Map.of("TINYLM_THREADS", "1", "TINYLM_TICKET_KEY", ticketKey, "TINYLM_TICKET_LIFETIME", ticketLifetime);
        return PackagedProcess.start(
                folder, environment, "serve", "--port", "0", "--checkpoint", checkpoint.toString());
    }
}
