package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.OnClose;
import io.quarkus.websockets.next.OnError;
import io.quarkus.websockets.next.OnOpen;
import io.quarkus.websockets.next.OnTextMessage;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocket;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.common.annotation.NonBlocking;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/// `WS /v1/runs/stream`: all runs, and whatever changes about them. Listens to nothing.
@WebSocket(path = "/v1/runs/stream")
public class RunsSocket {

    private static final Logger LOG = Logger.getLogger(RunsSocket.class);
    private static final TypedKey<Listener> LISTENER = new TypedKey<>("listener");
    private static final int MOST_WAITING_CHARACTERS = 4_000_000;
    private static final CloseReason TOO_SLOW =
            new CloseReason(1008, "The news were not read fast enough; please connect again.");

    private final RunTail tail;
    private final ObjectMapper json;

    RunsSocket(RunTail tail, ObjectMapper json) {
        this.tail = tail;
        this.json = json;
    }

    private record Listener(Consumer<RunEvent> consumer) {}

    @OnOpen
    @NonBlocking
    void open(WebSocketConnection connection) {
        var outbox = new Outbox(
                frame -> connection.sendText(frame).subscribeAsCompletionStage(),
                MOST_WAITING_CHARACTERS,
                () -> connection.close(TOO_SLOW).subscribeAsCompletionStage());
        Consumer<RunEvent> listener = event -> outbox.add(write(event));
        connection.userData().put(LISTENER, new Listener(listener));
        tail.join(listener);
    }

    @OnTextMessage
    @NonBlocking
    void message(String ignored) {
        // there is nothing to say here
    }

    @OnClose
    @NonBlocking
    void close(WebSocketConnection connection) {
        tail.leave(connection.userData().get(LISTENER).consumer());
    }

    @OnError
    @NonBlocking
    void fail(WebSocketConnection connection, Throwable error) {
        LOG.debugf(error, "connection %s", connection.id());
    }

    private String write(RunEvent event) {
        try {
            return json.writeValueAsString(event);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
