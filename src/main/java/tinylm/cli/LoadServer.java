package tinylm.cli;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/// The server under load, seen from one event loop on which everything of the clients runs.
final class LoadServer implements AutoCloseable {

    private static final int MOST_CONNECTIONS = 100_000;
    private static final int LARGEST_FRAME = 1 << 20;

    private final URI url;
    private final Optional<String> key;
    private final Vertx vertx;
    private final WebSocketClient client;

    /// @param key sent as `Authorization: Bearer`
    LoadServer(URI url, Optional<String> key) {
        this.url = url;
        this.key = key;
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        client = vertx.createWebSocketClient(new WebSocketClientOptions()
                .setMaxConnections(MOST_CONNECTIONS)
                .setMaxFrameSize(LARGEST_FRAME)
                .setMaxMessageSize(LARGEST_FRAME));
    }

    URI url() {
        return url;
    }

    Optional<String> key() {
        return key;
    }

    /// @param reader hears every frame of the connection, on the event loop
    Future<LoadConnection> connect(Consumer<LoadFrame> reader) {
        boolean encrypted = url.getScheme().equals("https");
        var options = new WebSocketConnectOptions()
                .setHost(url.getHost())
                .setPort(url.getPort() >= 0 ? url.getPort() : encrypted ? 443 : 80)
                .setSsl(encrypted)
                .setURI("/v1/responses")
                .setAllowOriginHeader(false);
        key.ifPresent(secret -> options.addHeader("Authorization", "Bearer " + secret));
        return client.connect(options).map(socket -> new LoadConnection(socket, reader));
    }

    /// Runs `task` on the event loop.
    void run(Runnable task) {
        vertx.runOnContext(_ -> task.run());
    }

    /// Runs `task` on the event loop, `millis` from now.
    void later(long millis, Runnable task) {
        if (millis < 1) {
            run(task);
        } else {
            vertx.setTimer(millis, _ -> task.run());
        }
    }

    /// Waits, off the event loop, until `millis` have gone by.
    void await(long millis) {
        var over = new CompletableFuture<Void>();
        later(millis, () -> over.complete(null));
        over.join();
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
