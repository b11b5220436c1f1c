package tinylm.web;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.RouteConstants;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// Refuses bodies that say they are too large before a byte of them is read, and cuts off those that trickle in for
/// ever. A corpus that is uploaded may be larger, and take longer, than any other body.
@ApplicationScoped
public class BodyGuard {

    private static final int BEFORE_AUTHENTICATION = 800;
    private static final int AFTER_GENERAL_LIMIT = RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT + 1;
    private static final String CORPORA = "/v1/corpora";

    private record Bounds(long mostBytes, Duration time) {}

    private final Bounds general;
    private final Bounds corpus;

    BodyGuard(
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize most,
            DoorConfig config,
            TrainingSettings training) {
        general = new Bounds(most.asLongValue(), config.limits().bodyTime());
        corpus = new Bounds(training.corpusSize().asLongValue(), training.corpusTime());
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, BEFORE_AUTHENTICATION);
    }

    /// Quarkus has one limit for all bodies: it refuses those that announce more, and gives the limit to whoever reads
    /// one that announces nothing. So an upload announces nothing to it, and has its limit raised again after it;
    /// [tinylm.runs.Corpora#upload] counts.
    void register(@Observes Router router) {
        router.post(CORPORA).order(AFTER_GENERAL_LIMIT).handler(context -> {
            context.put(VertxHttpRecorder.MAX_REQUEST_SIZE_KEY, Long.MAX_VALUE);
            context.next();
        });
    }

    private void check(RoutingContext context) {
        boolean isUpload = context.request().method() == HttpMethod.POST
                && context.normalizedPath().equals(CORPORA);
        var bounds = isUpload ? corpus : general;
        if (announced(context) > bounds.mostBytes()) {
            new Problem(
                            413,
                            "body_too_large",
                            "The body of " + (isUpload ? "this" : "a") + " request may have at most "
                                    + bounds.mostBytes() + " bytes.")
                    .with("Connection", "close")
                    .send(context.response());
            return;
        }
        if (isUpload) {
            context.request().headers().remove(HttpHeaders.CONTENT_LENGTH);
        }
        var request = context.request();
        if (!request.isEnded()) {
            var vertx = context.vertx();
            long timer = vertx.setTimer(
                    bounds.time().toMillis(), _ -> request.connection().close());
            // isEnded() would not do later: of a body in several parts it stays false while its stream is paused
            request.end().onComplete(_ -> vertx.cancelTimer(timer));
            context.addEndHandler(_ -> vertx.cancelTimer(timer));
        }
        context.next();
    }

    private static long announced(RoutingContext context) {
        var length = context.request().getHeader("Content-Length");
        return length == null ? 0 : Long.parseLong(length); // the decoder has refused what is no number
    }
}
