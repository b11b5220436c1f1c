package tinylm.cli;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/// A server whose answers a test writes: for each frame of a client its own script runs.
final class ScriptedServer implements AutoCloseable {

    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final AtomicInteger frames = new AtomicInteger();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();

    /// @param script told the connection and the client's frame, on an event loop
    ScriptedServer(BiConsumer<ServerWebSocket, JsonObject> script, String metrics) {
        server = vertx.createHttpServer(
                        new HttpServerOptions().setHost("127.0.0.1").setPort(0))
                .requestHandler(request -> request.response().end(metrics))
                .webSocketHandler(socket -> {
                    authorizations.add(String.valueOf(socket.headers().get("Authorization")));
                    socket.textMessageHandler(frame -> {
                        frames.incrementAndGet();
                        script.accept(socket, new JsonObject(frame));
                    });
                })
                .listen()
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.actualPort());
    }

    /// How many frames clients sent.
    int frames() {
        return frames.get();
    }

    List<String> authorizations() {
        return authorizations;
    }

    /// Answers with `text` in deltas of two characters.
    static void write(ServerWebSocket socket, String text) {
        send(socket, new JsonObject().put("type", "response.created").put("sequence_number", 0));
        for (int i = 0; i < text.length(); i += 2) {
            String delta = text.substring(i, Math.min(text.length(), i + 2));
            send(
                    socket,
                    new JsonObject()
                            .put("type", "response.output_text.delta")
                            .put("sequence_number", 1000 + i + delta.length())
                            .put("delta", delta));
        }
        send(socket, new JsonObject().put("type", "response.output_text.done").put("text", text));
        send(socket, new JsonObject().put("type", "response.incomplete").put("response", new JsonObject()));
    }

    static void send(ServerWebSocket socket, JsonObject frame) {
        socket.writeTextMessage(frame.encode());
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
