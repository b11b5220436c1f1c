package tinylm.inference;

import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// One generation under way: its text so far and what is still to come. Engine thread only, but for [#cancel].
final class Sequence implements Generation {

    private static final long NOT_WAITING = Long.MAX_VALUE;

    private final GenerationRequest request;
    private final Consumer<TokenEvent> listener;
    private final EngineObserver observer;
    private final StopSequences stop;
    private final boolean[] seen;
    private final long submitted = System.nanoTime();
    private final int before;
    private final BitSet drawn;
    private final int promptEnd; // index in ids
    private int[] ids;
    private int length; // of ids
    private int published;
    private Optional<Integer> reused = Optional.empty();
    private int place;
    private long waitingSince = NOT_WAITING;
    private long latestToken;
    private boolean withheld;
    private boolean left;
    private boolean ended;
    private volatile boolean cancelled;

    /// @throws IllegalArgumentException if the text has a token that the model does not know
    Sequence(GenerationRequest request, Consumer<TokenEvent> listener, EngineObserver observer, int vocabSize) {
        this.request = request;
        this.listener = listener;
        this.observer = observer;
        this.stop = new StopSequences(request.stop());
        var text = request.text().withDrawn(request.replay());
        int largest = text.occurred().length() - 1;
        if (largest >= vocabSize) {
            throw new IllegalArgumentException(
                    "token ids must be between 0 and " + (vocabSize - 1) + ", but the prompt has " + largest);
        }
        this.before = text.before();
        this.ids = text.ids();
        this.length = ids.length;
        this.drawn = text.drawn();
        this.promptEnd = length - request.replay().length;
        this.published = request.replay().length;
        this.seen = new boolean[vocabSize];
        text.occurred().stream().forEach(id -> seen[id] = true);
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    Lease lease() {
        return request.lease();
    }

    /// Notes that the engine has done with it; whether that is news.
    boolean leaves() {
        boolean first = !left;
        left = true;
        return first;
    }

    /// What the model sees of the text.
    View view(int contextLength) {
        int start = start(contextLength);
        int from = start - before;
        return View.of(
                start,
                Arrays.copyOfRange(ids, from, length),
                index -> drawn.get(from + index),
                ContextWindow.firstLength(start, contextLength));
    }

    /// What may come next, by a draft that knows what came before; no more than is wanted.
    int[] guess(Draft draft, int most) {
        int left = request.parameters().maxTokens() - (length - promptEnd);
        return draft.guess(ids, length, Math.min(most, left - 1));
    }

    /// Has a draft learn the latest token.
    void teach(Draft draft) {
        draft.learn(ids, length);
    }

    /// Says how many sequences start before this one, itself included.
    void waits(int newPlace) {
        if (newPlace != place) {
            place = newPlace;
            listener.accept(new TokenEvent.Waiting(place));
        }
    }

    void start() {
        listener.accept(new TokenEvent.Started());
    }

    /// Notes that it wants a prefill in a step; it keeps the earliest until it has no more to prefill.
    void waitsSince(long step) {
        waitingSince = Math.min(waitingSince, step);
    }

    void waitsNoMore() {
        waitingSince = NOT_WAITING;
    }

    long waitingSince() {
        return waitingSince;
    }

    /// When it was asked for, by [System#nanoTime].
    long submitted() {
        return submitted;
    }

    /// Where its window starts in the text.
    int start(int contextLength) {
        return ContextWindow.start(before + length, contextLength);
    }

    /// Goes on after a feed of the tokens `member.from()` to `member.to()` of its view, with the logits (V) behind
    /// it: draws the next token when this was the text's end, and publishes what can be published. Returns why the
    /// sequence must end now, if it must.
    Optional<FinishReason> advance(Batch.Member member, float[] logits) {
        if (reused.isEmpty()) {
            reused = Optional.of(member.from());
        }
        if (!member.isLast()) {
            int end = length - (member.view().length() - member.to());
            if (end >= promptEnd && member.view().isDecoded(member.to())) {
                compareReplayed(end, logits);
            }
            return Optional.empty();
        }
        int index = length - promptEnd;
        var sampled = Sampler.sample(logits, seen, request.parameters(), index);
        append(sampled.id());
        measure();
        var alternatives = request.alternatives() == 0
                ? List.<TokenEvent.Alternative>of()
                : Sampler.likeliest(logits, request.alternatives());
        return switch (stop.offer(new TokenEvent.Token(sampled.id(), index, sampled.logprob(), alternatives))) {
            case StopSequences.Outcome.Met(var tokens) -> {
                publish(tokens);
                yield Optional.of(FinishReason.STOP);
            }
            case StopSequences.Outcome.Release(var tokens) -> {
                publish(tokens);
                yield index + 1 < request.parameters().maxTokens()
                        ? Optional.empty()
                        : Optional.of(FinishReason.LENGTH);
            }
        };
    }

    /// What was drawn elsewhere is what would be drawn here, or this is another stream.
    private void compareReplayed(int index, float[] logits) {
        var seenThen = new boolean[seen.length];
        request.text().occurred().stream().forEach(id -> seenThen[id] = true);
        Arrays.stream(ids, promptEnd, index).forEach(id -> seenThen[id] = true);
        int here = Sampler.sample(logits, seenThen, request.parameters(), index - promptEnd)
                .id();
        if (here != ids[index]) {
            throw new ReplayDiffersException(index - promptEnd);
        }
    }

    /// A text of which something was withheld was cancelled, although it came to its end in the same step.
    void finish(FinishReason reason) {
        publish(stop.flush());
        ended = true;
        var told = withheld ? FinishReason.CANCELLED : reason;
        observer.ended(told);
        listener.accept(new TokenEvent.Finished(told, request.text().length(), reused.orElse(0), published));
    }

    /// Says that the sequence cannot go on, unless it has ended already: there is one ending only.
    void fail(TokenEvent.Cause cause, String message) {
        if (!ended) {
            ended = true;
            observer.failed(cause);
            listener.accept(new TokenEvent.Failed(cause, message));
        }
    }

    private void append(int id) {
        if (length == ids.length) {
            ids = Arrays.copyOf(ids, length + Math.max(64, length / 2));
        }
        drawn.set(length);
        ids[length++] = id;
        seen[id] = true;
    }

    private void measure() {
        long now = System.nanoTime();
        if (latestToken == 0) {
            observer.firstToken(Duration.ofNanos(now - submitted));
        } else {
            observer.nextToken(Duration.ofNanos(now - latestToken));
        }
        latestToken = now;
    }

    private void publish(List<TokenEvent.Token> tokens) {
        if (tokens.isEmpty()) {
            return;
        }
        if (cancelled) {
            withheld = true;
            observer.wasted(tokens.size());
            return;
        }
        for (var token : tokens) {
            published++;
            listener.accept(token);
        }
    }
}
