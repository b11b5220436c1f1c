package tinylm.web;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import tinylm.inference.FinishReason;
import tinylm.session.CharacterLogprob;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;

/// Turns the events of one visitor's responses into frames: the first character at once, then at most one delta in
/// 30 ms, and none while the reader is behind. Any thread; never blocks.
///
/// What goes before the text is numbered 0, 1, 2, …; a delta has the number 1,000 + n after which n characters have
/// arrived, whatever pieces they came in; what follows the text goes on from there. So the number of the last event
/// says how much arrived, on every server. When a stream is resumed, events that bring no text repeat that number.
final class ResponseStream implements Consumer<ResponseEvent> {

    static final long MILLIS_BETWEEN_DELTAS = 30;

    /// About how many characters are kept back from a reader who is behind, before they are handed on for good.
    static final int MOST_HELD = 1 << 15;

    private static final int LOGPROB_SIZE = 45;

    /// Runs a task later, never on the caller's thread.
    @FunctionalInterface
    interface Delay {
        void run(long millis, Runnable task);
    }

    private final InstantSource clock;
    private final Delay delay;
    private final Consumer<ServerEvent> frames;
    private final BooleanSupplier behind;
    private final StringBuilder pending = new StringBuilder();
    private final List<CharacterLogprob> pendingLogprobs = new ArrayList<>();
    private int held;
    private ResponseBody response;
    private boolean resumed;
    private long lastNumber;
    private int received;
    private long characters;
    private long lastDelta;
    private boolean flushAwaited;

    /// @param frames takes the frames, in order
    /// @param behind whether earlier frames still wait for the reader
    ResponseStream(InstantSource clock, Delay delay, Consumer<ServerEvent> frames, BooleanSupplier behind) {
        this.clock = clock;
        this.delay = delay;
        this.frames = frames;
        this.behind = behind;
    }

    @Override
    public synchronized void accept(ResponseEvent event) {
        switch (event) {
            case ResponseEvent.Created created -> {
                var model = ModelInfo.of(created.model()).name();
                begin(ResponseBody.of(created.id(), created.at(), model, created.request()), 0);
                lastNumber = 0;
                frames.accept(new ServerEvent.ResponseChanged(
                        "response.created", 0, response, Optional.of(created.ticket()), OptionalInt.empty()));
            }
            case ResponseEvent.Resumed again -> {
                var model = ModelInfo.of(again.model()).name();
                begin(ResponseBody.of(again.id(), again.at(), model, again.request()), again.characters());
                resumed = true;
                lastNumber = again.startingAfter();
            }
            case ResponseEvent.Queued(int place) ->
                frames.accept(new ServerEvent.ResponseChanged(
                        "response.queued", beforeText(), response.queued(), Optional.empty(), OptionalInt.of(place)));
            case ResponseEvent.Started _ -> start();
            case ResponseEvent.Delta delta -> {
                pending.append(delta.text());
                pendingLogprobs.addAll(delta.logprobs());
                held += size(delta);
                flushSoon();
            }
            case ResponseEvent.Ended ended -> {
                flush();
                end(ended);
            }
            case ResponseEvent.Failed failed -> {
                flush();
                changed("response.failed", lastNumber, response.failed(failed));
            }
        }
    }

    /// Says that a frame from the client was not carried out.
    synchronized void refuse(Refusal refusal) {
        frames.accept(new ServerEvent.Failure("error", lastNumber, ServerEvent.Problem.of(refusal)));
    }

    private void begin(ResponseBody body, int alreadyReceived) {
        response = body;
        resumed = false;
        received = alreadyReceived;
        characters = alreadyReceived;
        lastDelta = 0;
    }

    private void start() {
        changed("response.in_progress", beforeText(), response);
        if (!resumed) {
            frames.accept(new ServerEvent.ItemChanged(
                    "response.output_item.added", beforeText(), 0, response.emptyMessage()));
            frames.accept(new ServerEvent.PartChanged(
                    "response.content_part.added", beforeText(), itemId(), 0, 0, ResponseBody.OutputText.of("")));
        }
    }

    /// Events behind the text are numbered by its length, so that a stream that was lost between them is made
    /// whole. Behind a text that was cut short they repeat the last number, for there it can be resumed.
    private void end(ResponseEvent.Ended ended) {
        boolean whole = ended.reason() != FinishReason.CANCELLED;
        long number = whole ? ResponseEvent.TEXT + ended.outputTokens() : lastNumber;
        int step = whole ? 1 : 0;
        var body = response.ended(ended, received);
        var message = body.output().getFirst();
        var part = message.content().getFirst();
        var tail = List.<ServerEvent>of(
                new ServerEvent.TextDone(
                        "response.output_text.done", number + step, itemId(), 0, 0, ended.text(), List.of()),
                new ServerEvent.PartChanged("response.content_part.done", number + 2 * step, itemId(), 0, 0, part),
                new ServerEvent.ItemChanged("response.output_item.done", number + 3 * step, 0, message));
        for (var event : tail) {
            if (!whole || event.sequenceNumber() > lastNumber) {
                frames.accept(event);
            }
        }
        lastNumber = number + ResponseEvent.AFTER_TEXT * step;
        changed("response." + (body.status().equals("completed") ? "completed" : "incomplete"), lastNumber, body);
    }

    private void changed(String type, long number, ResponseBody body) {
        frames.accept(new ServerEvent.ResponseChanged(type, number, body, Optional.empty(), OptionalInt.empty()));
    }

    private long beforeText() {
        return resumed ? lastNumber : ++lastNumber;
    }

    private String itemId() {
        return response.emptyMessage().id();
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
        if (behind.getAsBoolean() && held < MOST_HELD) {
            lastDelta = clock.millis();
            flushSoon();
        } else {
            flush();
        }
    }

    private void flush() {
        if (!pending.isEmpty()) {
            lastDelta = clock.millis();
            characters += pending.codePointCount(0, pending.length());
            lastNumber = ResponseEvent.TEXT + characters;
            var logprobs = pendingLogprobs.stream().map(ServerEvent.Logprob::of).toList();
            frames.accept(new ServerEvent.TextDelta(
                    "response.output_text.delta", lastNumber, itemId(), 0, 0, pending.toString(), logprobs));
            pending.setLength(0);
            pendingLogprobs.clear();
            held = 0;
        }
    }

    /// About how many characters it is in a frame.
    private static int size(ResponseEvent.Delta delta) {
        int size = delta.text().length();
        for (var logprob : delta.logprobs()) {
            size += LOGPROB_SIZE * (1 + logprob.alternatives().size());
        }
        return size;
    }
}
