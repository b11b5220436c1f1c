package tinylm.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Turns Ctrl-C and SIGTERM into a request to stop, and holds the JVM's exit back until the work has stopped: an
/// exit in the middle of a native call crashes, because libtorch's static objects are destroyed under it.
///
/// Close it when the work has stopped.
final class StopOnSignal implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 4;

    private final AtomicBoolean requested = new AtomicBoolean();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile Runnable onRequest = () -> {};
    private final Thread hook = new Thread(this::onExit, "stop-on-signal");

    StopOnSignal() {
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
            if (!stopped.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(1);
            }
        } catch (InterruptedException e) {
            Runtime.getRuntime().halt(1);
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
