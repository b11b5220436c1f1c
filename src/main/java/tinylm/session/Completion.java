package tinylm.session;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tinylm.inference.TokenEvent;
import tinylm.text.CharTokenizer;
import tinylm.text.StreamDecoder;

/// Turns the tokens of one sequence into the text of one response. Engine thread only, but for the beginning.
final class Completion implements Consumer<TokenEvent> {

    private final ResponseEvent beginning;
    private final boolean logprobs;
    private final CharTokenizer tokenizer;
    private final StreamDecoder decoder;
    private final Consumer<ResponseEvent> listener;
    private final Consumer<int[]> remember;
    private final Runnable forget;
    private final int sent;
    private final long started = System.nanoTime();
    private final StringBuilder text = new StringBuilder();
    private final IntStream.Builder ids = IntStream.builder();

    /// @param beginning heard once the engine accepts
    /// @param logprobs whether they are wanted
    /// @param replay the first tokens, which the engine will not publish
    /// @param sent how many characters the visitor has already
    /// @param remember told the completion's tokens before the listener hears that it ended
    /// @param forget called before the listener hears that it failed
    Completion(
            ResponseEvent beginning,
            boolean logprobs,
            CharTokenizer tokenizer,
            int[] replay,
            int sent,
            Consumer<ResponseEvent> listener,
            Consumer<int[]> remember,
            Runnable forget) {
        this.beginning = beginning;
        this.logprobs = logprobs;
        this.tokenizer = tokenizer;
        this.decoder = new StreamDecoder(tokenizer);
        this.sent = sent;
        this.listener = listener;
        this.remember = remember;
        this.forget = forget;
        for (int id : replay) {
            ids.accept(id);
            text.append(decoder.next(id));
        }
    }

    @Override
    public void accept(TokenEvent event) {
        switch (event) {
            case TokenEvent.Accepted _ -> listener.accept(beginning);
            case TokenEvent.Waiting(int place) -> listener.accept(new ResponseEvent.Queued(place));
            case TokenEvent.Started _ -> listener.accept(new ResponseEvent.Started());
            case TokenEvent.Token token -> {
                ids.accept(token.id());
                var delta = decoder.next(token.id());
                text.append(delta);
                if (token.index() >= sent) {
                    listener.accept(new ResponseEvent.Delta(delta, logprobs(token, delta)));
                }
            }
            case TokenEvent.Finished finished -> {
                remember.accept(ids.build().toArray());
                listener.accept(new ResponseEvent.Ended(
                        finished.reason(),
                        text.toString(),
                        finished.promptTokens(),
                        finished.reusedTokens(),
                        finished.completionTokens(),
                        Duration.ofNanos(System.nanoTime() - started)));
            }
            case TokenEvent.Failed failed -> {
                forget.run();
                listener.accept(new ResponseEvent.Failed(code(failed.cause()), failed.message()));
            }
        }
    }

    private List<CharacterLogprob> logprobs(TokenEvent.Token token, String character) {
        if (!logprobs) {
            return List.of();
        }
        var alternatives = token.alternatives().stream()
                .map(other -> new CharacterLogprob.Alternative(tokenizer.decode(other.id()), other.logprob()))
                .toList();
        return List.of(new CharacterLogprob(character, token.logprob(), alternatives));
    }

    private static String code(TokenEvent.Cause cause) {
        return switch (cause) {
            case BROKEN -> "server_error";
            case SHUTDOWN -> "shutting_down";
            case REPLAY_DIFFERS -> "text_mismatch";
        };
    }
}
