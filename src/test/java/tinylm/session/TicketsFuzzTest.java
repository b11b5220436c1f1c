package tinylm.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tinylm.checkpoint.Checkpoint;
import tinylm.fuzz.Fuzz;
import tinylm.inference.Engine;
import tinylm.inference.EngineObserver;
import tinylm.inference.FakeRunner;
import tinylm.inference.Lanes;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;
import tinylm.text.CharTokenizer;

/// Tickets come back from strangers: whatever they hold, a stream is resumed or refused with a sentence.
class TicketsFuzzTest {

    private static final CharTokenizer TOKENIZER = CharTokenizer.of("abcdefgh 🌊");
    private static final byte[] KEY = "a key that is used in this test.".getBytes(UTF_8);
    private static final Set<String> CODES = Set.of(
            "ticket_invalid",
            "ticket_expired",
            "other_checkpoint",
            "other_numerics",
            "text_mismatch",
            "invalid_value",
            "unknown_characters",
            "queue_full");

    private final FakeRunner runner = new FakeRunner(TOKENIZER.vocabSize(), 32, 4);
    private final Engine engine = Engine.start(() -> runner, 4, new Lanes(1), EngineObserver.NONE);
    private final Checkpoint checkpoint =
            new Checkpoint(Path.of("none"), runner.config(), TOKENIZER, Optional.empty(), "ab".repeat(32));
    private final Models models =
            new Models(checkpoint, same -> new LoadedModel(same, "n1", engine, () -> {}), Duration.ofSeconds(30));
    private final Tickets tickets = new Tickets(KEY, Duration.ofHours(1), InstantSource.system());
    private final Limits limits = new Limits(20_000, 10_000, 4, 100);

    @AfterEach
    void close() {
        models.close();
    }

    @Test
    void a_ticket_that_was_touched_is_refused() throws Exception {
        var ticket = tickets.sign(ticket()).getBytes(ISO_8859_1);
        Fuzz.run("ticket", List.of(ticket), new Fuzz.Cap(500_000, 60), input -> {
            var text = new String(input, UTF_8);
            var refusal = resume(new ResumeRequest(text, 1_005, Optional.of("abcde")));
            assertTrue(refusal.isPresent() || isSame(text, new String(ticket, ISO_8859_1)), text);
        });
    }

    @Test
    void a_ticket_that_is_signed_and_odd_is_resumed_or_refused() throws Exception {
        var payload = tickets.sign(ticket()).split("\\.")[0];
        var valid = List.of(Base64.getUrlDecoder().decode(payload));
        Fuzz.run("signed ticket", valid, new Fuzz.Cap(4_000_000, 60), input -> {
            var signed = sign(input);
            resume(new ResumeRequest(signed, 1_005, Optional.of("abcde")));
            resume(new ResumeRequest(signed, 0, Optional.empty()));
        });
    }

    private Optional<Refusal> resume(ResumeRequest request) {
        var session = new Session(models, limits, tickets);
        var refusal = session.resume(request, event -> {});
        refusal.ifPresent(said -> assertTrue(CODES.contains(said.code()), said.toString()));
        session.close();
        while (engine.unfinished() > 0) {
            Thread.onSpinWait(); // a step, no more: closed is cancelled
        }
        return refusal;
    }

    /// Base64 has more than one way to write the last bits.
    private static boolean isSame(String one, String other) {
        return one.split("\\.")[0].equals(other.split("\\.")[0]);
    }

    private Ticket ticket() {
        var drawn = new BitSet();
        drawn.set(2, 5);
        return new Ticket(
                "resp_1",
                tickets.now(),
                tickets.expiry(),
                checkpoint.sha256(),
                "n1",
                Text.of(0, new int[] {0, 1, 2, 3, 4, 5, 6}, drawn, new BitSet()),
                List.of("ab"),
                new SamplingParameters(0.8, 40, 0.9, 0, 1, 7, 100),
                OptionalInt.of(3));
    }

    private static String sign(byte[] payload) throws GeneralSecurityException {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
        var base64 = Base64.getUrlEncoder().withoutPadding();
        return base64.encodeToString(payload) + "." + base64.encodeToString(mac.doFinal(payload));
    }
}
