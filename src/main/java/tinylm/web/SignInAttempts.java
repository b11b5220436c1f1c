package tinylm.web;

import io.github.bucket4j.TimeMeter;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;

/// Keeps anybody from trying keys at the sign-in page: after too many wrong ones from an address, not even a right
/// one is looked at for a while.
@ApplicationScoped
public class SignInAttempts {

    private final RateLimiter failures;

    SignInAttempts(DoorConfig config, TimeMeter clock) {
        failures = new RateLimiter(config.limits().failedSignIns(), clock);
    }

    void admit(HttpServerRequest request) {
        failures.look(Peer.of(request).network()).ifPresent(wait -> {
            long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
            throw new ProblemException(new Problem(
                            429,
                            "rate_limit_exceeded",
                            "At most " + failures.perMinute() + " wrong keys a minute are taken from one address; try"
                                    + " again in " + seconds + " s.")
                    .with("Retry-After", Long.toString(seconds)));
        });
    }

    void failed(HttpServerRequest request) {
        failures.take(Peer.of(request).network());
    }
}
