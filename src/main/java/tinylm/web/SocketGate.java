package tinylm.web;

import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// Lets sockets in, so many for each address, and gives each its [SocketManners].
@ApplicationScoped
public class SocketGate {

    private static final int AFTER_AUTHORIZATION = 50;
    private static final int PINGS_TO_MISS = 3;

    private final DoorConfig.LimitsConfig limits;
    private final Duration silence;
    private final Map<Peer, Integer> open = new ConcurrentHashMap<>();

    /// @param pings how often each client is asked for a sign of life; absent: never
    SocketGate(
            DoorConfig config,
            @ConfigProperty(name = "quarkus.websockets-next.server.auto-ping-interval") Optional<Duration> pings) {
        limits = config.limits();
        silence = pings.map(every -> every.multipliedBy(PINGS_TO_MISS)).orElse(Duration.ofDays(365));
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, AFTER_AUTHORIZATION);
    }

    private void check(RoutingContext context) {
        var request = context.request();
        if (!isUpgrade(request)) {
            context.next();
            return;
        }
        var pipeline = ((ConnectionBase) request.connection()).channelHandlerContext();
        if (pipeline.pipeline().get(SocketManners.class) != null) {
            context.next(); // a second try on a connection that has its place
            return;
        }
        var peer = Peer.of(request);
        if (!enter(peer)) {
            new Problem(
                            429,
                            "too_many_connections",
                            "At most " + limits.connectionsPerAddress() + " sockets may be open from one address.")
                    .with("Retry-After", "10")
                    .send(context.response());
            return;
        }
        pipeline.channel().closeFuture().addListener(closed -> leave(peer));
        var manners = new SocketManners(limits.frameSize(), limits.idleTime(), silence, System::nanoTime);
        pipeline.pipeline().addBefore(pipeline.name(), "utf8", new Utf8FrameValidator(false));
        pipeline.pipeline().addBefore(pipeline.name(), SocketManners.NAME, manners);
        context.next();
    }

    private static boolean isUpgrade(HttpServerRequest request) {
        return request.headers().contains("Sec-WebSocket-Key") && request.version() != HttpVersion.HTTP_2;
    }

    private boolean enter(Peer peer) {
        if (open.merge(peer, 1, Integer::sum) > limits.connectionsPerAddress() && !peer.isThisMachine()) {
            leave(peer);
            return false;
        }
        return true;
    }

    private void leave(Peer peer) {
        open.computeIfPresent(peer, (_, had) -> had == 1 ? null : had - 1);
    }
}
