package tinylm.web;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/// Frames on their way to one client, sent one after the other. Adding never blocks: a reader that falls too far
/// behind is given up. Any thread.
final class Outbox {

    private final Function<String, CompletionStage<Void>> sender;
    private final Runnable giveUp;
    private final int capacity;
    private final ArrayDeque<String> frames = new ArrayDeque<>();
    private int characters;
    private State state = State.IDLE;

    private enum State {
        IDLE,
        SENDING,
        CLOSED
    }

    /// @param capacity most characters that may wait
    /// @param giveUp called once when more would have to wait
    Outbox(Function<String, CompletionStage<Void>> sender, int capacity, Runnable giveUp) {
        this.sender = sender;
        this.capacity = capacity;
        this.giveUp = giveUp;
    }

    void add(String frame) {
        if (accept(frame) == Accepted.TOO_MUCH) {
            giveUp.run();
        } else {
            sendWaiting();
        }
    }

    /// Whether frames wait for the reader.
    synchronized boolean isBehind() {
        return state == State.SENDING;
    }

    /// Drops what was not sent and everything to come.
    synchronized void close() {
        state = State.CLOSED;
        frames.clear();
    }

    private enum Accepted {
        YES,
        TOO_MUCH
    }

    private synchronized Accepted accept(String frame) {
        if (state == State.CLOSED) {
            return Accepted.YES;
        }
        if (characters + frame.length() > capacity) {
            close();
            return Accepted.TOO_MUCH;
        }
        frames.add(frame);
        characters += frame.length();
        return Accepted.YES;
    }

    /// A loop and no recursion: sends that complete at once must not deepen the stack.
    private void sendWaiting() {
        for (var frame = next(); frame.isPresent(); frame = next()) {
            var sending = sender.apply(frame.get()).toCompletableFuture();
            int length = frame.get().length();
            if (!sending.isDone()) {
                sending.whenComplete((sent, error) -> {
                    sent(length);
                    sendWaiting();
                });
                return;
            }
            sent(length);
        }
    }

    private synchronized Optional<String> next() {
        if (state != State.IDLE || frames.isEmpty()) {
            return Optional.empty();
        }
        state = State.SENDING;
        return Optional.of(frames.remove());
    }

    private synchronized void sent(int length) {
        characters -= length;
        if (state == State.SENDING) {
            state = State.IDLE;
        }
    }
}
