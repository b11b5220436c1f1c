package tinylm.web;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.CompletionStage;

/// A client that reads server-sent events. Sending never blocks; one that falls too far behind is cut off. Any thread.
final class SseReader implements AutoCloseable {

    /// An empty chunk ends a body, as it does in HTTP's own chunked coding.
    private static final String END = "";

    private final HttpServerResponse response;
    private final Runnable ended;
    private final Outbox outbox;

    /// @param capacity most characters that may wait
    /// @param ended told when all was sent
    SseReader(HttpServerRequest request, int capacity, Runnable ended) {
        this.response = request.response();
        this.ended = ended;
        this.outbox = new Outbox(this::write, capacity, () -> cutOff(request));
    }

    /// @param lines of one event, without the empty line that ends it
    void send(String lines) {
        outbox.add(lines + "\n\n");
    }

    /// Ends the answer when everything before was sent.
    void end() {
        outbox.add(END);
    }

    boolean isBehind() {
        return outbox.isBehind();
    }

    /// Drops what was not sent.
    @Override
    public void close() {
        outbox.close();
    }

    private CompletionStage<Void> write(String chunk) {
        if (chunk.equals(END)) {
            return response.end().onSuccess(_ -> ended.run()).toCompletionStage();
        }
        if (!response.headWritten()) {
            response.setChunked(true)
                    .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                    .putHeader("Cache-Control", "no-store")
                    .putHeader("X-Accel-Buffering", "no"); // a proxy that gathers events would hold the text back
        }
        return response.write(chunk).toCompletionStage();
    }

    /// Of HTTP/2 one stream, else the connection, and that at once: an orderly close would wait behind what is not
    /// read.
    private static void cutOff(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset();
        } else {
            ((ConnectionBase) request.connection()).channel().close();
        }
    }
}
