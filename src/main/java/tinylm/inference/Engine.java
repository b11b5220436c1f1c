package tinylm.inference;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// Many sequences, one model: a single platform thread that owns the [ModelRunner] and makes one step after another
/// as long as somebody wants text. Everybody else talks to it by a bounded queue and hears from it by listeners.
/// The public methods may be called by any thread.
public final class Engine implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Engine.class.getName());
    private static final int MOST_ARRIVALS = 1024;
    private static final Duration LONGEST_STEP = Duration.ofSeconds(4);

    private final ModelRunner runner;
    private final int vocabSize;
    private final int contextLength;
    private final Slots slots;
    private final Scheduler scheduler;
    private final BlockingQueue<Sequence> arrivals = new ArrayBlockingQueue<>(MOST_ARRIVALS);
    private final Thread thread;
    private volatile int load;
    private volatile boolean closing;

    /// Starts the engine thread; from here on the runner is the engine's, which closes it.
    public Engine(ModelRunner runner) {
        this.runner = runner;
        vocabSize = runner.config().vocabSize();
        contextLength = runner.config().contextLength();
        slots = new Slots(runner.slots());
        scheduler = new Scheduler(slots, this::swap);
        thread = Thread.ofPlatform().name("engine").start(this::run);
    }

    /// Asks for a completion; it begins with the next step that has a slot to spare.
    ///
    /// @param listener hears everything about it, on the engine thread; a refusal at once, on the caller's
    /// @throws IllegalArgumentException if the prompt has a token that the model does not know
    public Generation submit(GenerationRequest request, Consumer<TokenEvent> listener) {
        var sequence = new Sequence(request, listener, vocabSize);
        if (closing) {
            sequence.fail("The server is shutting down.");
        } else if (!arrivals.offer(sequence)) {
            sequence.fail("Too many people are waiting already (" + MOST_ARRIVALS + "); please try again soon.");
        } else if (closing && arrivals.remove(sequence)) {
            sequence.fail("The server is shutting down.");
        }
        LockSupport.unpark(thread);
        return sequence;
    }

    /// How many sequences are active or waiting, as of the last step.
    public int load() {
        return load;
    }

    /// Ends all sequences and the thread, after the step under way: killing a process amid a native call would crash
    /// it.
    ///
    /// @throws IllegalStateException if that step takes more than a few seconds
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(LONGEST_STEP)) {
                throw new IllegalStateException(
                        "the engine is still in a step after " + LONGEST_STEP.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the engine was still in a step", e);
        }
    }

    private void run() {
        String reason = "The server is shutting down.";
        try {
            while (!closing) {
                step();
                load = scheduler.size();
                if (scheduler.isIdle() && arrivals.isEmpty()) {
                    LockSupport.park(this);
                }
            }
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "the engine cannot go on", e);
            reason = "The engine cannot go on: " + e.getMessage() + ".";
        }
        closing = true;
        queueArrivals();
        for (Sequence sequence : scheduler.all().toList()) {
            fail(sequence, reason);
        }
        runner.close();
    }

    private void step() {
        queueArrivals();
        endCancelled();
        scheduler.admit();
        var batch = Batch.of(scheduler.active(), slots, contextLength);
        Forward.run(batch, runner, slots).forEach(this::advance);
    }

    private void queueArrivals() {
        for (var next = arrivals.poll(); next != null; next = arrivals.poll()) {
            try {
                scheduler.add(next);
            } catch (IllegalArgumentException e) {
                fail(next, "This cannot be computed: " + e.getMessage() + ".");
            }
        }
    }

    private void endCancelled() {
        scheduler.cancelled().forEach(sequence -> finish(sequence, FinishReason.CANCELLED));
    }

    private void advance(Forward forward) {
        var sequence = forward.sequence();
        switch (forward) {
            case Forward.Logits forwarded -> {
                try {
                    sequence.advance(forwarded.values()).ifPresent(reason -> finish(sequence, reason));
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "a sequence could not go on", e);
                    fail(sequence, "The next character could not be chosen: " + e.getMessage() + ".");
                }
            }
            case Forward.Broken broken -> {
                LOG.log(Level.ERROR, "a step failed", broken.error());
                fail(
                        sequence,
                        "The model failed to compute the next character: "
                                + broken.error().getMessage() + ".");
            }
        }
    }

    private void finish(Sequence sequence, FinishReason reason) {
        scheduler.remove(sequence);
        try {
            sequence.finish(reason);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a listener failed", e);
            fail(sequence, "The completion could not be delivered: " + e.getMessage() + ".");
        }
    }

    private void fail(Sequence sequence, String message) {
        scheduler.remove(sequence);
        try {
            sequence.fail(message);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a listener failed to hear of a failure", e);
        }
    }

    /// A failed exchange costs both rows their contents, which are computed again when wanted.
    private void swap(int a, int b) {
        try {
            runner.swap(a, b);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "slots " + a + " and " + b + " could not be exchanged", e);
            slots.row(a).clear();
            slots.row(b).clear();
        }
    }
}
