package tinylm.web;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;

/// Sees all responses pass, whichever door they came in by: counts them and has them noted in the log.
@Singleton
class ResponseWatch {

    private static final String QUEUE_FULL = "queue_full";

    private final ResponseLog log;
    private final Counter promptCharacters;
    private final Counter resumes;
    private final Counter rejections;

    ResponseWatch(MeterRegistry registry, ResponseLog log) {
        this.log = log;
        promptCharacters = Counter.builder("tinylm.prompt.characters")
                .description("Characters before the completions, what they were continued from included")
                .register(registry);
        resumes = Counter.builder("tinylm.resumes")
                .description("Streams that went on here")
                .register(registry);
        rejections = Counter.builder("tinylm.queue.rejections")
                .description("Requests refused because the queue was full")
                .register(registry);
    }

    /// Looks on as the caller's responses, one after the other, go to `next`. The engine thread among others; blocks
    /// none.
    Consumer<ResponseEvent> on(Caller caller, Consumer<ResponseEvent> next) {
        return new Watched(caller, next);
    }

    /// Counts a refusal, if this is one, and hands it on.
    Optional<Refusal> counted(Optional<Refusal> refusal) {
        refusal.filter(one -> one.code().equals(QUEUE_FULL)).ifPresent(_ -> rejections.increment());
        return refusal;
    }

    private final class Watched implements Consumer<ResponseEvent> {

        private final Caller caller;
        private final Consumer<ResponseEvent> next;
        private String id;
        private boolean resumed;
        private long asked;
        private long started;

        private Watched(Caller caller, Consumer<ResponseEvent> next) {
            this.caller = caller;
            this.next = next;
        }

        @Override
        public void accept(ResponseEvent event) {
            switch (event) {
                case ResponseEvent.Created created -> begin(created.id(), false);
                case ResponseEvent.Resumed again -> {
                    begin(again.id(), true);
                    resumes.increment();
                }
                case ResponseEvent.Started _ -> started = System.nanoTime();
                case ResponseEvent.Ended ended -> {
                    if (!resumed) {
                        promptCharacters.increment(ended.inputTokens());
                    }
                    note(ended.reason().name().toLowerCase(), ended.inputTokens(), ended.outputTokens());
                }
                case ResponseEvent.Failed failed -> note(failed.code(), 0, 0);
                case ResponseEvent.Queued _, ResponseEvent.Delta _ -> {}
            }
            next.accept(event);
        }

        private void begin(String newId, boolean again) {
            id = newId;
            resumed = again;
            asked = System.nanoTime();
            started = 0;
        }

        private void note(String state, int input, int output) {
            long now = System.nanoTime();
            var waited = Duration.ofNanos((started == 0 ? now : started) - asked);
            log.ended(new ResponseLog.Entry(
                    id, state, resumed, input, output, waited, Duration.ofNanos(now - asked), caller));
        }
    }
}
