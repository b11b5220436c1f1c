package tinylm.session;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tinylm.inference.TokenEvent;
import tinylm.text.StreamDecoder;

/// Turns the tokens of one sequence into the text of one response. Engine thread only.
final class Completion implements Consumer<TokenEvent> {

    private final StreamDecoder decoder;
    private final Consumer<ResponseEvent> listener;
    private final Consumer<int[]> remember;
    private final Runnable forget;
    private final long started = System.nanoTime();
    private final StringBuilder text = new StringBuilder();
    private final IntStream.Builder ids = IntStream.builder();

    /// @param remember told the completion's tokens before the listener hears that it ended
    /// @param forget called before the listener hears that it failed
    Completion(StreamDecoder decoder, Consumer<ResponseEvent> listener, Consumer<int[]> remember, Runnable forget) {
        this.decoder = decoder;
        this.listener = listener;
        this.remember = remember;
        this.forget = forget;
    }

    @Override
    public void accept(TokenEvent event) {
        switch (event) {
            case TokenEvent.Token token -> {
                ids.accept(token.id());
                var delta = decoder.next(token.id());
                text.append(delta);
                listener.accept(new ResponseEvent.Delta(delta));
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
                listener.accept(new ResponseEvent.Failed(failed.message()));
            }
        }
    }
}
