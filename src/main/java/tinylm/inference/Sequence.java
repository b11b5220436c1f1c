package tinylm.inference;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// One generation under way: its text so far and what is still to come. Engine thread only, but for [#cancel].
final class Sequence implements Generation {

    private final GenerationRequest request;
    private final Consumer<TokenEvent> listener;
    private final StopSequences stop;
    private final boolean[] seen;
    private int[] ids;
    private int length;
    private int generated;
    private int published;
    private int trusted;
    private int reused;
    private boolean ended;
    private volatile boolean cancelled;

    /// @throws IllegalArgumentException if the prompt has a token that the model does not know
    Sequence(GenerationRequest request, Consumer<TokenEvent> listener, int vocabSize) {
        this.request = request;
        this.listener = listener;
        this.stop = new StopSequences(request.stop());
        this.seen = new boolean[vocabSize];
        this.ids = request.prompt();
        this.length = ids.length;
        this.trusted = request.continued();
        for (int id : ids) {
            if (id < 0 || id >= vocabSize) {
                throw new IllegalArgumentException(
                        "token ids must be between 0 and " + (vocabSize - 1) + ", but the prompt has " + id);
            }
            seen[id] = true;
        }
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

    int length() {
        return length;
    }

    /// The tokens from `start` on.
    int[] from(int start) {
        return Arrays.copyOfRange(ids, start, length);
    }

    /// How many tokens from the text's start may be taken from what the slot holds: of a continued text the part it
    /// continues; after the first forward all.
    int trusted() {
        return trusted;
    }

    /// Notes a forward over the whole text, `kept` tokens of which were in the slot before.
    void fed(int kept) {
        if (generated == 0) {
            reused = kept;
        }
        trusted = Integer.MAX_VALUE;
    }

    /// Chooses the next token from the logits (V) after the last one, and publishes what can be published. Returns
    /// why the sequence must end now, if it must.
    Optional<FinishReason> advance(float[] logits) {
        var sampled = Sampler.sample(logits, seen, request.parameters(), generated);
        append(sampled.id());
        return switch (stop.offer(new TokenEvent.Token(sampled.id(), generated++, sampled.logprob()))) {
            case StopSequences.Outcome.Met(var tokens) -> {
                publish(tokens);
                yield Optional.of(FinishReason.STOP);
            }
            case StopSequences.Outcome.Release(var tokens) -> {
                publish(tokens);
                yield generated < request.parameters().maxTokens()
                        ? Optional.empty()
                        : Optional.of(FinishReason.LENGTH);
            }
        };
    }

    void finish(FinishReason reason) {
        publish(stop.flush());
        ended = true;
        listener.accept(new TokenEvent.Finished(reason, request.prompt().length, reused, published));
    }

    /// Says that the sequence cannot go on, unless it has ended already: there is one ending only.
    void fail(String message) {
        if (!ended) {
            ended = true;
            listener.accept(new TokenEvent.Failed(message));
        }
    }

    private void append(int id) {
        if (length == ids.length) {
            ids = Arrays.copyOf(ids, length + Math.max(64, length / 2));
        }
        ids[length++] = id;
        seen[id] = true;
    }

    private void publish(List<TokenEvent.Token> tokens) {
        for (var token : tokens) {
            published++;
            listener.accept(token);
        }
    }
}
