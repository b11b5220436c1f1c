package tinylm.inference;

import java.util.concurrent.locks.ReentrantLock;

/// Whose step it is when two models share a machine, as they do while one replaces the other: steps never overlap,
/// for they would fight for the same cores, and the number of threads is set for the whole process. Any thread.
public final class Turn {

    private final ReentrantLock lock = new ReentrantLock(true);

    void take(Runnable step) {
        lock.lock();
        try {
            step.run();
        } finally {
            lock.unlock();
        }
    }
}
