package tinylm.web;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Who may come in, and how much of the server one of them may take.
@ConfigMapping(prefix = "tinylm")
public interface DoorConfig {

    /// API keys by name. None: whoever reaches the server may do everything, and it listens on this machine only.
    Map<String, KeyConfig> keys();

    /// Listen beyond this machine although there are no keys.
    @WithDefault("false")
    boolean insecure();

    /// Signs browsers' cookies; at least 32 characters, the same on every replica. Absent: random, so that a restart
    /// signs everybody out.
    Optional<String> sessionKey();

    /// How long a browser stays signed in.
    @WithDefault("12h")
    Duration sessionLifetime();

    LimitsConfig limits();

    /// Those of addresses hold for other machines only: programs on this one belong to whoever runs the server. Each
    /// is at least 1.
    interface LimitsConfig {

        /// Requests a minute with one key, responses asked for over a socket among them.
        @WithDefault("600")
        int requestsPerKey();

        /// Requests a minute from one address: a visit to the page is six.
        @WithDefault("600")
        int requestsPerAddress();

        /// Wrong keys a minute at the sign-in page from one address, of this machine too.
        @WithDefault("10")
        int failedSignIns();

        /// Open sockets of one address: a large family's or a class room's, and no flood.
        @WithDefault("64")
        int connectionsPerAddress();

        /// A socket is closed when nothing was said on it, either way, for so long.
        @WithDefault("15m")
        Duration idleTime();

        /// In bytes, of one message on a socket: a prompt at its limit, with every character escaped.
        @WithDefault("262144")
        int frameSize();

        /// How long the body of a request may take to arrive.
        @WithDefault("30s")
        Duration bodyTime();
    }

    interface KeyConfig {

        /// viewer, writer, trainer or admin.
        Optional<String> role();

        /// What a client sends; at least 16 characters.
        Optional<String> secret();

        /// The SHA-256 of the secret in hex, so that the secret itself is nowhere on the server.
        Optional<String> sha256();
    }
}
