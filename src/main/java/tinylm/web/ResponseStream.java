package tinylm.web;

import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;

/// Turns the events of one visitor's responses into frames: the first character at once, then at most one delta in
/// 30 ms, and none while the reader is behind. Any thread; never blocks.
final class ResponseStream implements Consumer<ResponseEvent> {

    static final long MILLIS_BETWEEN_DELTAS = 30;

    /// Runs a task later, never on the caller's thread.
    @FunctionalInterface
    interface Delay {
        void run(long millis, Runnable task);
    }

    private final String model;
    private final InstantSource clock;
    private final Delay delay;
    private final Consumer<ServerEvent> frames;
    private final BooleanSupplier behind;
    private final StringBuilder pending = new StringBuilder();
    private ResponseBody response;
    private long sequenceNumber;
    private long lastDelta;
    private boolean flushAwaited;

    /// @param frames takes the frames, in order
    /// @param behind whether earlier frames still wait for the reader
    ResponseStream(
            String model, InstantSource clock, Delay delay, Consumer<ServerEvent> frames, BooleanSupplier behind) {
        this.model = model;
        this.clock = clock;
        this.delay = delay;
        this.frames = frames;
        this.behind = behind;
    }

    @Override
    public synchronized void accept(ResponseEvent event) {
        switch (event) {
            case ResponseEvent.Created created -> {
                sequenceNumber = 0;
                lastDelta = 0;
                response = ResponseBody.of(created, model, clock.instant());
                changed("response.created", response);
                changed("response.in_progress", response);
            }
            case ResponseEvent.Delta delta -> {
                pending.append(delta.text());
                flushSoon();
            }
            case ResponseEvent.Ended ended -> {
                flush();
                frames.accept(new ServerEvent.TextDone(
                        "response.output_text.done", sequenceNumber++, response.itemId(), 0, 0, ended.text()));
                var body = response.ended(ended);
                changed("response." + (body.status().equals("completed") ? "completed" : "incomplete"), body);
            }
            case ResponseEvent.Failed failed -> {
                flush();
                changed("response.failed", response.failed(failed.message()));
            }
        }
    }

    /// Says that a frame from the client was not carried out.
    synchronized void refuse(Refusal refusal) {
        frames.accept(new ServerEvent.Failure("error", sequenceNumber++, ServerEvent.Problem.of(refusal)));
    }

    private void changed(String type, ResponseBody body) {
        frames.accept(new ServerEvent.ResponseChanged(type, sequenceNumber++, body));
    }

    private void flushSoon() {
        if (!flushAwaited) {
            flushAwaited = true;
            // clamped, so that a clock that is set back cannot hold text back
            delay.run(
                    Math.clamp(lastDelta + MILLIS_BETWEEN_DELTAS - clock.millis(), 0, MILLIS_BETWEEN_DELTAS),
                    this::flushUnlessBehind);
        }
    }

    private synchronized void flushUnlessBehind() {
        flushAwaited = false;
        if (behind.getAsBoolean()) {
            lastDelta = clock.millis();
            flushSoon();
        } else {
            flush();
        }
    }

    private void flush() {
        if (!pending.isEmpty()) {
            lastDelta = clock.millis();
            frames.accept(new ServerEvent.TextDelta(
                    "response.output_text.delta", sequenceNumber++, response.itemId(), 0, 0, pending.toString()));
            pending.setLength(0);
        }
    }
}
