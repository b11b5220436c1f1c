package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimersTest {

    private static final int TASKS = 200;

    private final Vertx vertx = Vertx.vertx();
    private final Timers timers = new Timers(vertx);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void each_task_runs_and_not_too_early() throws InterruptedException {
        var ran = new CountDownLatch(TASKS);
        var early = new CountDownLatch(1);
        for (int i = 0; i < TASKS; i++) {
            long millis = i % 50;
            long began = System.nanoTime();
            timers.run(millis, () -> {
                if (System.nanoTime() - began < TimeUnit.MILLISECONDS.toNanos(millis - 1)) {
                    early.countDown();
                }
                ran.countDown();
            });
        }
        assertTrue(ran.await(10, TimeUnit.SECONDS));
        assertTrue(early.getCount() == 1, "a task ran too early");
    }

    @Test
    void a_task_that_fails_keeps_no_other_from_running() throws InterruptedException {
        var ran = new CountDownLatch(TASKS);
        for (int i = 0; i < TASKS; i++) {
            timers.run(20, () -> {
                throw new AssertionError("on purpose");
            });
            timers.run(20, ran::countDown);
        }
        assertTrue(ran.await(10, TimeUnit.SECONDS));
    }
}
