package tinylm.inference;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/// Keeps what a sequence's listener hears.
public final class Recorder implements Consumer<TokenEvent> {

    private final ConcurrentLinkedQueue<TokenEvent> events = new ConcurrentLinkedQueue<>();

    @Override
    public void accept(TokenEvent event) {
        events.add(event);
    }

    public List<Integer> ids() {
        return tokens().stream().map(TokenEvent.Token::id).toList();
    }

    public List<TokenEvent.Token> tokens() {
        return events.stream()
                .filter(TokenEvent.Token.class::isInstance)
                .map(TokenEvent.Token.class::cast)
                .toList();
    }

    public List<TokenEvent> events() {
        return List.copyOf(events);
    }

    public List<TokenEvent> endings() {
        return events.stream()
                .filter(event -> event instanceof TokenEvent.Finished || event instanceof TokenEvent.Failed)
                .toList();
    }

    public TokenEvent.Finished awaitFinished() {
        return (TokenEvent.Finished) awaitEnding();
    }

    public TokenEvent.Failed awaitFailed() {
        return (TokenEvent.Failed) awaitEnding();
    }

    private TokenEvent awaitEnding() {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .until(() -> !endings().isEmpty());
        return endings().getFirst();
    }
}
