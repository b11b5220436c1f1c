package tinylm.web;

import io.github.bucket4j.TimeMeter;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;

/// How many requests an address and a key may make; a response asked for over a socket is a request too.
@ApplicationScoped
public class RateLimits {

    /// Quarkus authenticates at 200 and authorizes at 100; a wrong key must count.
    private static final int BEFORE_AUTHENTICATION = 250;

    private static final int AFTER_AUTHORIZATION = 60;

    private final Keys keys;
    private final RateLimiter addresses;
    private final RateLimiter names;

    RateLimits(Keys keys, DoorConfig config, TimeMeter clock) {
        this.keys = keys;
        addresses = new RateLimiter(config.limits().requestsPerAddress(), clock);
        names = new RateLimiter(config.limits().requestsPerKey(), clock);
    }

    void register(@Observes Filters filters) {
        filters.register(this::byAddress, BEFORE_AUTHENTICATION);
        filters.register(this::byKey, AFTER_AUTHORIZATION);
    }

    /// Counts one more response that is asked for over a socket.
    ///
    /// @param name of its key; anything while there are no keys
    Optional<Problem> over(Peer peer, String name) {
        return over(peer).or(() -> over(name));
    }

    private void byAddress(RoutingContext context) {
        go(context, over(Peer.of(context.request())));
    }

    private void byKey(RoutingContext context) {
        var user = context.user() instanceof QuarkusHttpUser known ? known.getSecurityIdentity() : null;
        go(
                context,
                user == null || user.isAnonymous()
                        ? Optional.empty()
                        : over(user.getPrincipal().getName()));
    }

    private static void go(RoutingContext context, Optional<Problem> problem) {
        problem.ifPresentOrElse(found -> found.send(context.response()), context::next);
    }

    private Optional<Problem> over(Peer peer) {
        return peer.isThisMachine()
                ? Optional.empty()
                : addresses.take(peer.network()).map(wait -> tooMany("address", addresses.perMinute(), wait));
    }

    private Optional<Problem> over(String name) {
        return keys.areNone()
                ? Optional.empty()
                : names.take(name).map(wait -> tooMany("key", names.perMinute(), wait));
    }

    static Problem tooMany(String whose, int perMinute, Duration wait) {
        long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
        return new Problem(
                        429,
                        "rate_limit_exceeded",
                        "At most " + perMinute + " requests a minute are taken from one " + whose + "; try again in "
                                + seconds + " s.")
                .with("Retry-After", Long.toString(seconds));
    }
}
