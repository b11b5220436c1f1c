package tinylm.cli;

import io.vertx.core.http.WebSocket;
import io.vertx.core.http.impl.WebSocketInternal;
import java.util.function.Consumer;

/// One connection of a client under load. Event loop only.
final class LoadConnection {

    private final WebSocket socket;
    private boolean left;

    LoadConnection(WebSocket socket, Consumer<LoadFrame> reader) {
        this.socket = socket;
        socket.textMessageHandler(frame -> {
            if (!left) {
                reader.accept(LoadFrame.parse(frame));
            }
        });
        socket.exceptionHandler(_ -> {}); // it closes then, too
        socket.closeHandler(_ -> {
            if (!left) {
                left = true;
                reader.accept(new LoadFrame.Closed(
                        socket.closeStatusCode() == null
                                ? "the connection was lost"
                                : "the server closed with " + socket.closeStatusCode() + " " + socket.closeReason()));
            }
        });
    }

    void send(String frame) {
        socket.writeTextMessage(frame);
    }

    /// Says goodbye; the reader hears no more.
    void close() {
        left = true;
        socket.close();
    }

    /// Ends without a word, as a lost network does; the reader hears no more.
    void cut() {
        left = true;
        ((WebSocketInternal) socket).channelHandlerContext().close();
    }
}
