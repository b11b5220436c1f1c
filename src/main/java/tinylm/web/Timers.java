package tinylm.web;

import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// Runs tasks later on an event loop. Those of the same hundredth of a second run together: waking a thread for each
/// costs more than what most of them do.
@Singleton
final class Timers implements ResponseStream.Delay {

    private static final Logger LOG = Logger.getLogger(Timers.class);
    private static final long TICK_MILLIS = 10;

    private final Vertx vertx;
    private final long began = System.nanoTime();
    private final ConcurrentMap<Long, List<Runnable>> ticks = new ConcurrentHashMap<>();

    Timers(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public void run(long millis, Runnable task) {
        if (millis == 0) {
            vertx.runOnContext(_ -> task.run());
            return;
        }
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        ticks.compute(Math.ceilDiv(now + millis, TICK_MILLIS), (tick, before) -> {
            if (before != null) {
                before.add(task);
                return before;
            }
            vertx.setTimer(tick * TICK_MILLIS - now, _ -> ticks.remove(tick).forEach(Timers::runAlone));
            return new ArrayList<>(List.of(task));
        });
    }

    /// One that fails must not keep others from running.
    private static void runAlone(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("A delayed task failed", e);
        }
    }
}
