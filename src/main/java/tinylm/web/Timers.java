package tinylm.web;

import io.vertx.core.Vertx;
import jakarta.inject.Singleton;

/// Runs tasks later on an event loop.
@Singleton
final class Timers implements ResponseStream.Delay {

    private final Vertx vertx;

    Timers(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public void run(long millis, Runnable task) {
        if (millis == 0) {
            vertx.runOnContext(_ -> task.run());
        } else {
            vertx.setTimer(millis, _ -> task.run());
        }
    }
}
