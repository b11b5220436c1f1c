package tinylm.session;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/// Keeps what a visitor hears of one response.
final class Heard implements Consumer<ResponseEvent> {

    private final ConcurrentLinkedQueue<ResponseEvent> events = new ConcurrentLinkedQueue<>();

    @Override
    public void accept(ResponseEvent event) {
        events.add(event);
    }

    List<ResponseEvent> events() {
        return List.copyOf(events);
    }

    ResponseEvent.Created created() {
        return (ResponseEvent.Created) events.peek();
    }

    ResponseEvent.Resumed resumed() {
        return (ResponseEvent.Resumed) events.peek();
    }

    List<ResponseEvent.Delta> deltas() {
        return events.stream()
                .filter(ResponseEvent.Delta.class::isInstance)
                .map(ResponseEvent.Delta.class::cast)
                .toList();
    }

    String text() {
        return deltas().stream().map(ResponseEvent.Delta::text).collect(Collectors.joining());
    }

    List<ResponseEvent> endings() {
        return events.stream()
                .filter(event -> event instanceof ResponseEvent.Ended || event instanceof ResponseEvent.Failed)
                .toList();
    }

    ResponseEvent.Ended awaitEnded() {
        return (ResponseEvent.Ended) awaitEnding();
    }

    ResponseEvent.Failed awaitFailed() {
        return (ResponseEvent.Failed) awaitEnding();
    }

    void awaitCharacters(int count) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .until(() -> deltas().size() >= count || !endings().isEmpty());
    }

    private ResponseEvent awaitEnding() {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .until(() -> !endings().isEmpty());
        return endings().getFirst();
    }
}
