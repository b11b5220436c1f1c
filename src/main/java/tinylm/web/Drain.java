package tinylm.web;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.OpenConnections;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// How service ends when the process is told to stop: nothing new is taken, sockets are closed at once with a hint when
/// to resume elsewhere, requests over HTTP, which cannot be told to come back, may end. Quarkus stops listening after
/// that, and the engine ends last.
@Singleton
class Drain {

    private static final Logger LOG = Logger.getLogger(Drain.class);
    private static final int AFTER_HOST_CHECK = 900;
    private static final int SERVICE_RESTART = 1012;
    private static final int LEAST_WAIT_MILLIS = 500;
    private static final int MOST_WAIT_MILLIS = 3_000;
    /// For clients that do not answer a close, and for requests that are cancelled.
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);
    private static final Problem REFUSAL = new Problem(
                    503, "shutting_down", "The server is shutting down. Please try again in a few seconds.")
            .with("Retry-After", "2")
            .with("Connection", "close");

    private final Duration patience;
    private final OpenConnections sockets;
    private final Set<Runnable> cancels = ConcurrentHashMap.newKeySet();
    private int requests;
    private boolean begun;

    @Inject
    Drain(ServerConfig config, OpenConnections sockets) {
        this(config.drain(), sockets);
    }

    /// @param patience how long requests may go on
    Drain(Duration patience, OpenConnections sockets) {
        this.patience = patience;
        this.sockets = sockets;
    }

    void register(@Observes Filters filters) {
        filters.register(this::admit, AFTER_HOST_CHECK);
    }

    synchronized boolean hasBegun() {
        return begun;
    }

    /// Has `cancel` run when the requests' time is up, until the result is closed.
    Registration cancelWhenTimeIsUp(Runnable cancel) {
        Runnable mine = cancel::run; // so that the same one can be there twice
        cancels.add(mine);
        return () -> cancels.remove(mine);
    }

    @FunctionalInterface
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /// Before anything else stops; returns when it may.
    void begin(@Observes ShutdownDelayInitiatedEvent stopping) throws InterruptedException {
        int open;
        synchronized (this) {
            begun = true;
            open = requests;
        }
        long closed = closeSockets();
        if (open + closed > 0) {
            LOG.infof(
                    "Stopping: %d sockets were closed, %d requests have %d s to end",
                    closed, open, patience.toSeconds());
        }
        if (!isEmptyWithin(patience)) {
            LOG.infof("Time is up: %d requests are cancelled", cancels.size());
            cancels.forEach(Runnable::run);
            isEmptyWithin(LAST_WORDS);
        }
        closeSockets(); // whoever was just coming in
    }

    void admit(RoutingContext context) {
        if (context.normalizedPath().startsWith("/q/")) {
            context.next(); // whoever watches wants to see the end
        } else if (!enter()) {
            REFUSAL.send(context.response());
        } else if (context.request().headers().contains("Sec-WebSocket-Key")) {
            leave(); // a socket is closed when its time has come, not waited for
            context.next();
        } else {
            context.addEndHandler(_ -> leave());
            context.next();
        }
    }

    private synchronized boolean enter() {
        if (!begun) {
            requests++;
        }
        return !begun;
    }

    private synchronized void leave() {
        requests--;
        notifyAll();
    }

    private synchronized boolean isEmptyWithin(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); requests > 0 && left > 0; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return requests == 0;
    }

    /// Returns how many there were.
    private long closeSockets() {
        List<Uni<Void>> closing =
                sockets.stream().map(socket -> socket.close(comeBack())).toList();
        if (!closing.isEmpty()) {
            Uni.join()
                    .all(closing)
                    .andCollectFailures()
                    .onItemOrFailure()
                    .transform((_, _) -> 0)
                    .ifNoItem()
                    .after(LAST_WORDS)
                    .recoverWithItem(0)
                    .await()
                    .indefinitely();
        }
        return closing.size();
    }

    /// Not all at once: each is given another moment.
    private static CloseReason comeBack() {
        int millis = ThreadLocalRandom.current().nextInt(LEAST_WAIT_MILLIS, MOST_WAIT_MILLIS);
        return new CloseReason(SERVICE_RESTART, "Service restart; retry after " + millis + " ms");
    }
}
