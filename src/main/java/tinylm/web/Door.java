package tinylm.web;

import io.github.bucket4j.TimeMeter;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// Reads who may come in before anything else starts, and keeps the server from standing open to other machines by
/// mistake.
@Startup(Door.BEFORE_THE_MODEL)
@ApplicationScoped
public class Door {

    static final int BEFORE_THE_MODEL = 1;
    private static final int SHORTEST_SIGNING_KEY = 32;

    private final Keys keys;
    private final BrowserSessions sessions;

    Door(DoorConfig config, @ConfigProperty(name = "quarkus.http.host") String listensOn) {
        keys = Keys.of(config.keys());
        if (keys.areNone() && !config.insecure() && !isThisMachine(listensOn)) {
            throw new IllegalArgumentException(listensOn
                    + " lets other machines in, and nobody has to sign in; configure a key (tinylm.keys), or say"
                    + " --insecure if that is meant");
        }
        requirePositive(config.limits());
        sessions = new BrowserSessions(
                keys, signingKey(config.sessionKey()), config.sessionLifetime(), InstantSource.system());
    }

    @Produces
    @Singleton
    Keys keys() {
        return keys;
    }

    @Produces
    @Singleton
    BrowserSessions sessions() {
        return sessions;
    }

    @Produces
    @Singleton
    TimeMeter clock() {
        return TimeMeter.SYSTEM_NANOTIME;
    }

    static boolean isThisMachine(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("quarkus.http.host " + host + " is no address of this machine", e);
        }
    }

    private static void requirePositive(DoorConfig.LimitsConfig limits) {
        var values = Map.of(
                "requests-per-key", (long) limits.requestsPerKey(),
                "requests-per-address", (long) limits.requestsPerAddress(),
                "failed-sign-ins", (long) limits.failedSignIns(),
                "connections-per-address", (long) limits.connectionsPerAddress(),
                "frame-size", (long) limits.frameSize(),
                "idle-time (ms)", limits.idleTime().toMillis(),
                "body-time (ms)", limits.bodyTime().toMillis());
        values.forEach((name, value) -> {
            if (value < 1) {
                throw new IllegalArgumentException("tinylm.limits." + name + " must be at least 1, but is " + value);
            }
        });
    }

    private static byte[] signingKey(Optional<String> configured) {
        if (configured.isEmpty()) {
            var random = new byte[SHORTEST_SIGNING_KEY];
            new SecureRandom().nextBytes(random);
            return random;
        }
        if (configured.get().length() < SHORTEST_SIGNING_KEY) {
            throw new IllegalArgumentException("tinylm.session-key must have at least " + SHORTEST_SIGNING_KEY
                    + " characters, but has " + configured.get().length());
        }
        return configured.get().getBytes(StandardCharsets.UTF_8);
    }
}
