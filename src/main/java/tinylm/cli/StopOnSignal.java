package tinylm.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Turns Ctrl-C and SIGTERM into a request to stop, and holds the JVM's exit back until the work has stopped: an
/// exit in the middle of a native call crashes, because libtorch's static objects are destroyed under it.
///
/// Close it when the work has stopped.
final class StopOnSignal implements AutoCloseable {

    /// Of a process that SIGTERM ended.
    static final int EXIT_CODE = 128 + 15;

    private final AtomicBoolean requested = new AtomicBoolean();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile Runnable onRequest = () -> {};
    private final Thread hook = new Thread(this::onExit, "stop-on-signal");

    private final Duration patience;

    /// For somebody who waits at a terminal.
    StopOnSignal() {
        this(Duration.ofSeconds(4));
    }

    /// @param patience after which the process ends in the middle of its work
    StopOnSignal(Duration patience) {
        this.patience = patience;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    boolean requested() {
        return requested.get();
    }

    /// Runs `action`, on the exiting thread, when the request comes.
    void onRequest(Runnable action) {
        onRequest = action;
        if (requested()) {
            action.run();
        }
    }

    private void onExit() {
        requested.set(true);
        onRequest.run();
        try {
            if (!stopped.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        } catch (InterruptedException e) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the exit is under way: the hook runs, and has been let go
        }
    }
}
