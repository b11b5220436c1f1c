package tinylm.web;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Tokens for browsers that have shown a key once: they name the key and an instant of expiry and are signed, so the
/// server keeps nothing. A token ends with its key: a changed secret or a removed key ends it at once.
final class BrowserSessions {

    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final int LONGEST_TOKEN = 1024;

    private final Keys keys;
    private final SecretKeySpec signingKey;
    private final Duration lifetime;
    private final InstantSource clock;

    /// A session that is still good.
    record Open(Key key, Instant expires) {}

    BrowserSessions(Keys keys, byte[] signingKey, Duration lifetime, InstantSource clock) {
        if (lifetime.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException(
                    "tinylm.session-lifetime must be at least a second, but is " + lifetime.toMillis() + " ms");
        }
        this.keys = keys;
        this.signingKey = new SecretKeySpec(signingKey, "HmacSHA256");
        this.lifetime = lifetime;
        this.clock = clock;
    }

    Duration lifetime() {
        return lifetime;
    }

    String begin(Key key) {
        var name = ENCODER.encodeToString(key.name().getBytes(StandardCharsets.UTF_8));
        var claim = name + "." + clock.instant().plus(lifetime).getEpochSecond();
        return claim + "." + signature(claim, key);
    }

    /// The session that a token stands for, unless it is garbled, tampered with, expired or without its key.
    Optional<Open> resume(String token) {
        var parts = token.split("\\.", -1);
        if (token.length() > LONGEST_TOKEN || parts.length != 3) {
            return Optional.empty();
        }
        try {
            var name = new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8);
            var expires = Instant.ofEpochSecond(Long.parseLong(parts[1]));
            return keys.named(name)
                    .filter(key -> isEqual(signature(parts[0] + "." + parts[1], key), parts[2]))
                    .filter(key -> clock.instant().plusSeconds(1).isBefore(expires))
                    .map(key -> new Open(key, expires));
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private String signature(String claim, Key key) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(signingKey);
            mac.update(key.sha256().getBytes(StandardCharsets.UTF_8));
            return ENCODER.encodeToString(mac.doFinal(claim.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private static boolean isEqual(String expected, String presented) {
        return MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.UTF_8), presented.getBytes(StandardCharsets.UTF_8));
    }
}
