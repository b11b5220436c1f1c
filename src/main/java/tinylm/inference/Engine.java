package tinylm.inference;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Many sequences, one model: a single platform thread that owns the [ModelRunner] and makes one step after another
/// as long as somebody wants text. Everybody else talks to it by a bounded queue and hears from it by listeners.
/// The public methods may be called by any thread.
public final class Engine implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Engine.class.getName());
    private static final Duration LONGEST_STEP = Duration.ofSeconds(4);
    private static final String SHUTTING_DOWN = "The server is shutting down.";
    private static final long IDLE = 0;

    private final ModelRunner runner;
    private final int vocabSize;
    private final int contextLength;
    private final int most;
    private final Lanes lanes;
    private final EngineObserver observer;
    private final Slots slots;
    private final Scheduler scheduler;
    private final Draft draft;
    private final ConcurrentLinkedQueue<Sequence> arrivals = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final Thread thread;
    private long steps;
    private volatile int running;
    private volatile long stepBegan = IDLE;
    private volatile boolean closing;

    private Engine(ModelRunner runner, Draft draft, int queueLength, Lanes lanes, EngineObserver observer) {
        this.runner = runner;
        this.draft = draft;
        this.lanes = lanes;
        this.observer = observer;
        vocabSize = runner.config().vocabSize();
        contextLength = runner.config().contextLength();
        slots = new Slots(runner.slots());
        most = slots.count() + queueLength;
        scheduler = new Scheduler(slots, this::swap);
        thread = Thread.currentThread();
    }

    /// Starts the engine thread and opens the runner there. Returns when the runner is open; the engine closes it.
    ///
    /// @param queueLength how many sequences may wait beside those that have a slot
    /// @param lanes compute each step, with the engine thread as one of them
    /// @throws RuntimeException that `opener` threw
    public static Engine start(
            Supplier<? extends ModelRunner> opener, int queueLength, Lanes lanes, EngineObserver observer) {
        return start(opener, Draft::new, queueLength, lanes, observer);
    }

    /// @param drafter called by the engine thread when the runner is open
    static Engine start(
            Supplier<? extends ModelRunner> opener,
            Supplier<Draft> drafter,
            int queueLength,
            Lanes lanes,
            EngineObserver observer) {
        var opened = new CompletableFuture<Engine>();
        Thread.ofPlatform().name("engine").start(() -> {
            Engine engine;
            try {
                engine = new Engine(opener.get(), drafter.get(), queueLength, lanes, observer);
            } catch (RuntimeException | Error e) {
                opened.completeExceptionally(e);
                return;
            }
            opened.complete(engine);
            engine.run();
        });
        try {
            return opened.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException refused) {
                throw refused;
            }
            throw e;
        }
    }

    /// Asks for a completion; it begins with the next step that has a slot to spare.
    ///
    /// @param listener hears everything about it, and nothing if it is not accepted
    /// @throws IllegalArgumentException if the text has a token that the model does not know, or lacks one in view
    public Admission submit(GenerationRequest request, Consumer<TokenEvent> listener) {
        if (!request.text().isWholeInView(contextLength)) {
            throw new IllegalArgumentException("the text lacks tokens that a context of " + contextLength + " shows");
        }
        var sequence = new Sequence(request, listener, observer, vocabSize);
        if (closing) {
            return new Admission.Closing();
        }
        if (unfinished.incrementAndGet() > most) {
            unfinished.decrementAndGet();
            return new Admission.QueueFull(most);
        }
        try {
            listener.accept(new TokenEvent.Accepted());
        } catch (RuntimeException e) {
            unfinished.decrementAndGet();
            throw e;
        }
        arrivals.add(sequence);
        if (closing && arrivals.remove(sequence)) {
            unfinished.decrementAndGet();
            sequence.fail(TokenEvent.Cause.SHUTDOWN, SHUTTING_DOWN);
        }
        LockSupport.unpark(thread);
        return new Admission.Accepted(sequence);
    }

    /// How many sequences are active or waiting.
    public int unfinished() {
        return unfinished.get();
    }

    /// How many sequences have a slot.
    public int running() {
        return running;
    }

    /// How many sequences wait for a slot.
    public int waiting() {
        return Math.max(0, unfinished.get() - running);
    }

    /// How many sequences can have a slot.
    public int slots() {
        return slots.count();
    }

    /// Whether steps are made when there is something to do.
    public boolean isAlive() {
        return thread.isAlive() && !closing;
    }

    /// How long the step under way has lasted; zero when there is none.
    public Duration stalled() {
        long began = stepBegan;
        return began == IDLE ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - began);
    }

    /// Ends all sequences and the thread, after the step under way: killing a process amid a native call would
    /// crash it.
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
        String reason = SHUTTING_DOWN;
        try {
            while (!closing) {
                stepBegan = Math.max(System.nanoTime(), IDLE + 1);
                lanes.take(this::step);
                stepBegan = IDLE;
                // looked at again: the step may have waited for another model's, and such a wait uses up an unpark
                if (!closing && scheduler.isIdle() && arrivals.isEmpty()) {
                    LockSupport.park(this);
                }
            }
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "the engine cannot go on", e);
            reason = "The engine cannot go on: " + e.getMessage() + ".";
        }
        closing = true;
        stepBegan = IDLE;
        try {
            failAll(reason);
        } finally {
            runner.close();
        }
    }

    /// Without giving slots back: nobody will need them, and there may be no memory for that.
    private void failAll(String reason) {
        for (var next = arrivals.poll(); next != null; next = arrivals.poll()) {
            failAtTheEnd(next, reason);
        }
        scheduler.all().forEach(sequence -> failAtTheEnd(sequence, reason));
    }

    private void failAtTheEnd(Sequence sequence, String reason) {
        if (sequence.leaves()) {
            unfinished.decrementAndGet();
        }
        try {
            sequence.fail(TokenEvent.Cause.SHUTDOWN, reason);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "a listener failed to hear of the end", e);
        }
    }

    private void step() {
        queueArrivals();
        endCancelled();
        admit();
        failWithoutRoom();
        if (lanes.areCrowded(scheduler.active().size())) {
            scheduler.arrange(contextLength);
        }
        var active = scheduler.active();
        int width = Math.min(runner.mostDecoded(), lanes.width(active.size()));
        var batch = Batch.of(active, slots, contextLength, ++steps, width, draft);
        var pieces = Forward.all(batch, runner, lanes);
        // only now: a sequence that ends makes others change slots
        int drawn = pieces.stream()
                .flatMap(piece -> piece.results().stream())
                .mapToInt(this::advance)
                .sum();
        running = scheduler.active().size();
        if (!pieces.isEmpty()) {
            observer.stepped(new EngineObserver.StepReport(
                    batch.decodes().size(), batch.prefilledTokens(), drawn, time(pieces, true), time(pieces, false)));
        }
    }

    private static Duration time(List<Forward.Piece> pieces, boolean ofPrefills) {
        return pieces.stream()
                .filter(piece -> piece.isPrefill() == ofPrefills)
                .map(Forward.Piece::time)
                .reduce(Duration.ZERO, Duration::plus);
    }

    private void queueArrivals() {
        for (var next = arrivals.poll(); next != null; next = arrivals.poll()) {
            try {
                scheduler.add(next);
            } catch (IllegalArgumentException e) {
                fail(next, TokenEvent.Cause.BROKEN, "This cannot be computed: " + e.getMessage() + ".");
            }
        }
    }

    private void endCancelled() {
        scheduler.cancelled().forEach(sequence -> finish(sequence, FinishReason.CANCELLED));
    }

    private void admit() {
        scheduler.admit().forEach(sequence -> tell(sequence, Sequence::start));
        int place = 0;
        for (var sequence : scheduler.waiting()) {
            int itsPlace = ++place;
            tell(sequence, waiting -> waiting.waits(itsPlace));
        }
        running = scheduler.active().size();
    }

    /// Ends those that there is no memory for; the others go on.
    private void failWithoutRoom() {
        var active = scheduler.active();
        int room = runner.reserve(slots.inUse());
        for (int slot = active.size() - 1; slot >= room; slot--) {
            fail(
                    active.get(slot),
                    TokenEvent.Cause.BROKEN,
                    "There is no memory for more than " + room + " texts at once. Please try again in a few seconds.");
        }
    }

    /// Returns how many tokens were drawn.
    private int advance(Forward forward) {
        var sequence = forward.member().sequence();
        switch (forward) {
            case Forward.Logits(var member, var values) -> {
                try {
                    return advance(member, values);
                } catch (ReplayDiffersException e) {
                    fail(sequence, TokenEvent.Cause.REPLAY_DIFFERS, "This cannot be resumed: " + e.getMessage() + ".");
                } catch (RuntimeException e) {
                    LOG.log(Level.WARNING, "a sequence could not go on", e);
                    fail(
                            sequence,
                            TokenEvent.Cause.BROKEN,
                            "The next character could not be chosen: " + e.getMessage() + ".");
                }
            }
            case Forward.Broken broken -> {
                LOG.log(Level.ERROR, "a step failed", broken.error());
                fail(
                        sequence,
                        TokenEvent.Cause.BROKEN,
                        "The model failed to compute the next character: "
                                + broken.error().getMessage() + ".");
            }
        }
        return 0;
    }

    /// Goes on with each feed in turn, as long as the sequence draws what was fed ahead.
    private int advance(Batch.Member first, List<float[]> logits) {
        var sequence = first.sequence();
        int drawn = 0;
        var member = Optional.of(first);
        for (int i = 0; member.isPresent(); i++) {
            var feed = member.get();
            if (i > 0) {
                feed.row().extend(feed.view(), feed.from(), feed.to());
            }
            var ending = sequence.advance(feed, logits.get(i));
            if (feed.isLast()) {
                drawn++;
                sequence.teach(draft);
            }
            if (ending.isPresent()) {
                finish(sequence, ending.get());
                return drawn;
            }
            member = feed.next(contextLength);
        }
        return drawn;
    }

    private void tell(Sequence sequence, Consumer<Sequence> news) {
        try {
            news.accept(sequence);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a listener failed", e);
            fail(sequence, TokenEvent.Cause.BROKEN, "The completion could not be delivered: " + e.getMessage() + ".");
        }
    }

    private void finish(Sequence sequence, FinishReason reason) {
        leave(sequence);
        tell(sequence, ending -> ending.finish(reason));
    }

    private void fail(Sequence sequence, TokenEvent.Cause cause, String message) {
        leave(sequence);
        try {
            sequence.fail(cause, message);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a listener failed to hear of a failure", e);
        }
    }

    private void leave(Sequence sequence) {
        scheduler.remove(sequence);
        if (sequence.leaves()) {
            unfinished.decrementAndGet();
        }
    }

    /// A failed exchange costs both rows their contents, which are computed again when wanted.
    private void swap(int a, int b, int ofA, int ofB) {
        try {
            runner.swap(a, b, ofA, ofB);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "slots " + a + " and " + b + " could not be exchanged", e);
            slots.row(a).clear();
            slots.row(b).clear();
        }
    }
}
