package tinylm.web;

import io.vertx.core.http.HttpServerResponse;
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
    SseReader(HttpServerResponse response, int capacity, Runnable ended) {
        this.response = response;
        this.ended = ended;
        this.outbox = new Outbox(this::write, capacity, response::reset);
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
}
