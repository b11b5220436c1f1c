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
import java.time.InstantSource;
import org.jboss.logging.Logger;
import tinylm.inference.Models;
import tinylm.session.Limits;
import tinylm.session.Session;
import tinylm.session.Tickets;

/// `WS /v1/responses`: text streams to a browser. Frames of a connection are heard one after the other on its event
/// loop and only start or stop work, so a cancel is never behind a running stream nor ahead of its create.
@WebSocket(path = "/v1/responses")
public class ResponsesSocket {

    private static final Logger LOG = Logger.getLogger(ResponsesSocket.class);
    private static final TypedKey<Visitor> VISITOR = new TypedKey<>("visitor");
    private static final CloseReason TOO_SLOW =
            new CloseReason(1008, "The text was not read fast enough; please connect again.");
    private static final CloseReason UNREADABLE =
            new CloseReason(1008, "That message could not be taken; most likely it was too long.");

    private final Models models;
    private final Limits limits;
    private final Tickets tickets;
    private final ObjectMapper json;
    private final Timers timers;
    private final ResponseWatch watch;
    private final int mostWaiting;
    private final ClientEventDecoder decoder = new ClientEventDecoder(new RequestReader());

    ResponsesSocket(
            Models models,
            Limits limits,
            Tickets tickets,
            ObjectMapper json,
            Timers timers,
            ResponseWatch watch,
            ServerConfig config) {
        this.models = models;
        this.limits = limits;
        this.tickets = tickets;
        this.json = json;
        this.timers = timers;
        this.watch = watch;
        this.mostWaiting = config.limits().bufferedCharacters();
    }

    @OnOpen
    @NonBlocking
    void open(WebSocketConnection connection) {
        var outbox = new Outbox(
                frame -> connection.sendText(frame).subscribeAsCompletionStage(),
                mostWaiting,
                () -> giveUp(connection));
        var stream =
                new ResponseStream(InstantSource.system(), timers, event -> outbox.add(write(event)), outbox::isBehind);
        var session = new Session(models, limits, tickets);
        var caller =
                new Caller(connection.handshakeRequest().remoteAddress(), SocketBudget.name(connection.userData()));
        var visitor = new Visitor(
                decoder, session, stream, outbox, watch, caller, () -> SocketBudget.spend(connection.userData()));
        connection.userData().put(VISITOR, visitor);
    }

    @OnTextMessage
    @NonBlocking
    void message(String frame, WebSocketConnection connection) {
        connection.userData().get(VISITOR).hear(frame);
    }

    @OnClose
    @NonBlocking
    void close(WebSocketConnection connection) {
        connection.userData().get(VISITOR).close();
    }

    /// A connection that was lost, or a message longer than the configured limit, which only the container sees.
    @OnError
    @NonBlocking
    void fail(WebSocketConnection connection, Throwable error) {
        LOG.debugf(error, "connection %s", connection.id());
        if (connection.isOpen()) {
            LOG.warnf("Closing connection %s: %s", connection.id(), error.getMessage());
            connection.close(UNREADABLE).subscribeAsCompletionStage();
        }
    }

    /// The close may wait behind what was not read, so the response ends now.
    private static void giveUp(WebSocketConnection connection) {
        connection.userData().get(VISITOR).close();
        connection.close(TOO_SLOW).subscribeAsCompletionStage();
    }

    private String write(ServerEvent event) {
        try {
            return json.writeValueAsString(event);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
