package tinylm.web;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// Refuses bodies that say they are too large before a byte of them is read, and cuts off those that trickle in for
/// ever.
@ApplicationScoped
public class BodyGuard {

    private static final int BEFORE_AUTHENTICATION = 800;

    private final long mostBytes;
    private final Duration time;

    BodyGuard(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize most, DoorConfig config) {
        mostBytes = most.asLongValue();
        time = config.limits().bodyTime();
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, BEFORE_AUTHENTICATION);
    }

    private void check(RoutingContext context) {
        if (announced(context) > mostBytes) {
            new Problem(413, "body_too_large", "The body of a request may have at most " + mostBytes + " bytes.")
                    .with("Connection", "close")
                    .send(context.response());
            return;
        }
        if (!context.request().isEnded()) {
            long timer = context.vertx().setTimer(time.toMillis(), ignored -> cutOff(context));
            context.addEndHandler(ignored -> context.vertx().cancelTimer(timer));
        }
        context.next();
    }

    private static void cutOff(RoutingContext context) {
        if (!context.request().isEnded()) {
            context.request().connection().close();
        }
    }

    private static long announced(RoutingContext context) {
        var length = context.request().getHeader("Content-Length");
        return length == null ? 0 : Long.parseLong(length); // the decoder has refused what is no number
    }
}
