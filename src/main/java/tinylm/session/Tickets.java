package tinylm.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;

/// Signs and checks tickets: JSON and its HMAC-SHA256, both in base64url, with a dot between. Who holds one can
/// read in it what was asked, and can change nothing. Any thread.
public final class Tickets {

    /// Least bytes of a key: as many as the hash has.
    public static final int LEAST_KEY_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";
    private static final int LONGEST = 1 << 17;
    private static final ObjectMapper JSON =
            JsonMapper.builder().addModule(new Jdk8Module()).build();

    private final SecretKeySpec key;
    private final Duration lifetime;
    private final InstantSource clock;

    /// @param key shared by all servers that may go on with each other's streams
    /// @param lifetime how long a ticket is good for
    public Tickets(byte[] key, Duration lifetime, InstantSource clock) {
        if (key.length < LEAST_KEY_BYTES) {
            throw new IllegalArgumentException(
                    "The ticket key must have at least " + LEAST_KEY_BYTES + " bytes, but has " + key.length + ".");
        }
        this.key = new SecretKeySpec(key, ALGORITHM);
        this.lifetime = lifetime;
        this.clock = clock;
    }

    Instant now() {
        return clock.instant();
    }

    Instant expiry() {
        return clock.instant().plus(lifetime);
    }

    String sign(Ticket ticket) {
        try {
            return signed(JSON.writeValueAsBytes(Payload.of(ticket)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a ticket can always be written", e);
        }
    }

    /// @throws RefusedException if it was not signed with this key, or is too old
    Ticket check(String signed) throws RefusedException {
        var ticket = read(signed);
        if (!clock.instant().isBefore(ticket.expires())) {
            throw new RefusedException(
                    "ticket_expired",
                    "The ticket expired at " + ticket.expires() + "; please ask for the text again.",
                    "ticket");
        }
        return ticket;
    }

    private Ticket read(String signed) throws RefusedException {
        int dot = signed.indexOf('.');
        try {
            if (dot > 0 && signed.length() <= LONGEST) {
                var payload = Base64.getUrlDecoder().decode(signed.substring(0, dot));
                // the text and not what it stands for, since several texts stand for the same bytes
                if (MessageDigest.isEqual(bytes(signed), bytes(signed(payload)))) {
                    return Optional.ofNullable(JSON.readValue(payload, Payload.class)) // JSON's null
                            .orElseThrow(Tickets::invalid)
                            .ticket();
                }
            }
        } catch (IllegalArgumentException | DateTimeException | IOException e) {
            throw invalid();
        }
        throw invalid();
    }

    static RefusedException invalid() {
        return new RefusedException(
                "ticket_invalid",
                "The ticket must be one that this server, or one with the same ticket key, gave in response.created.",
                "ticket");
    }

    private byte[] signature(byte[] payload) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(payload);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    private String signed(byte[] payload) {
        return encode(payload) + "." + encode(signature(payload));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /// A ticket in JSON.
    ///
    /// @param before tokens at the text's beginning that are left out
    /// @param ids the tokens behind them
    /// @param drawn set of indices in `ids`, as bytes
    /// @param occurred set of token ids, as bytes
    private record Payload(
            int version,
            String id,
            long created,
            long expires,
            String checkpoint,
            String numerics,
            int before,
            int[] ids,
            byte[] drawn,
            byte[] occurred,
            List<String> stop,
            SamplingParameters parameters,
            OptionalInt topLogprobs) {

        private static final int VERSION = 1;

        Payload {
            if (version != VERSION) {
                throw new IllegalArgumentException("version " + version);
            }
            Stream.of(id, checkpoint, numerics, ids, drawn, occurred, parameters, topLogprobs)
                    .forEach(Objects::requireNonNull);
            stop = List.copyOf(stop);
        }

        static Payload of(Ticket ticket) {
            var text = ticket.text();
            return new Payload(
                    VERSION,
                    ticket.id(),
                    ticket.created().getEpochSecond(),
                    ticket.expires().getEpochSecond(),
                    ticket.checkpoint(),
                    ticket.numerics(),
                    text.before(),
                    text.ids(),
                    text.drawn().toByteArray(),
                    text.occurred().toByteArray(),
                    ticket.stop(),
                    ticket.parameters(),
                    ticket.topLogprobs());
        }

        Ticket ticket() {
            return new Ticket(
                    id,
                    Instant.ofEpochSecond(created),
                    Instant.ofEpochSecond(expires),
                    checkpoint,
                    numerics,
                    Text.of(before, ids, BitSet.valueOf(drawn), BitSet.valueOf(occurred)),
                    stop,
                    parameters,
                    topLogprobs);
        }
    }
}
