package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A program that speaks to `WS /v1/responses`.
final class SocketClient implements WebSocket.Listener, AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final LinkedBlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder part = new StringBuilder();
    private final WebSocket socket;

    /// @throws java.util.concurrent.CompletionException if the upgrade is refused
    SocketClient(URI http, String... headers) {
        var builder = this.http.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        var uri = URI.create("ws://" + http.getAuthority() + "/v1/responses");
        socket = builder.buildAsync(uri, this).join();
    }

    void send(String frame) {
        socket.sendText(frame, true).join();
    }

    /// Creates a response and returns its id.
    String create(String fields) {
        send("{\"type\":\"response.create\"," + fields + "}");
        var created = next();
        if (!created.get("type").asText().equals("response.created")) {
            throw new AssertionError(created.toString());
        }
        return created.get("response").get("id").asText();
    }

    JsonNode next() {
        try {
            var frame = frames.poll(10, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("no frame within 10 s");
            }
            return frame;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// The next frame of a type; those before it are dropped.
    JsonNode next(String type) {
        var frame = next();
        while (!frame.get("type").asText().equals(type)) {
            frame = next();
        }
        return frame;
    }

    /// The frames up to and with the one that ends the response.
    List<JsonNode> rest() {
        var rest = new ArrayList<JsonNode>();
        do {
            rest.add(next());
        } while (!rest.getLast().get("type").asText().matches("response\\.(completed|incomplete|failed)|error"));
        return rest;
    }

    static String text(List<JsonNode> frames) {
        return frames.stream()
                .filter(frame -> frame.get("type").asText().equals("response.output_text.delta"))
                .map(frame -> frame.get("delta").asText())
                .collect(Collectors.joining());
    }

    WebSocket socket() {
        return socket;
    }

    int awaitClosed() {
        return closed.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        part.append(data);
        if (last) {
            try {
                frames.add(JSON.readTree(part.toString()));
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
            part.setLength(0);
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
        closed.complete(status);
        return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
        closed.completeExceptionally(error);
    }

    /// Ends the connection without a word, as a lost network does.
    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
        try {
            http.awaitTermination(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
