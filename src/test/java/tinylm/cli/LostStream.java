package tinylm.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A visitor's text as it comes in over one connection after the other, each of which can be lost at any character.
/// Holds the server to its numbers: 1,000 and one for each character, none left out and none twice.
final class LostStream {

    private static final long TEXT = 1_000;
    private static final int PATIENCE_SECONDS = 60;

    /// The connection could not be had, or was closed or lost before the end.
    static final class ConnectionLost extends RuntimeException {
        ConnectionLost(String reason) {
            super(reason);
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http;
    private final StringBuilder text = new StringBuilder();
    private BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
    private WebSocket socket;
    private String ticket = "";
    private String whole = "";

    LostStream(HttpClient http) {
        this.http = http;
    }

    /// Asks for a new text.
    void begin(String address, ObjectNode request) {
        connect(address);
        send(request.put("type", "response.create"));
        ticket = expect("response.created").get("ticket").asText();
    }

    /// Goes on with the text on a connection of its own; the last was lost.
    ///
    /// @param withText whether to say what arrived
    void resume(String address, boolean withText) {
        connect(address);
        send(resumption(ticket, withText));
    }

    /// What a server answers that will not go on with it, if it will not.
    String refusal(String address, String withTicket) {
        connect(address);
        send(resumption(withTicket, true));
        var code = expect("error").at("/error/code").asText();
        lose();
        return code;
    }

    /// Reads on until there are so many characters, or to the end.
    void readTo(int characters) {
        while (text.length() < characters) {
            var event = next();
            switch (event.get("type").asText()) {
                case "response.output_text.delta" -> append(event);
                case "response.output_text.done" -> whole = event.get("text").asText();
                case "response.completed", "response.incomplete" -> {
                    return;
                }
                case "closed" -> throw new ConnectionLost(event.get("reason").asText());
                case "error", "response.failed" -> throw new AssertionError(event.toString());
                default -> {}
            }
        }
    }

    /// Ends the connection without a word, as a lost network does; of what came in one piece, keeps so many.
    void loseAt(int characters) {
        text.setLength(Math.min(text.length(), characters));
        lose();
    }

    void lose() {
        socket.abort();
    }

    /// What arrived.
    String text() {
        return text.toString();
    }

    /// What the server says that it sent, all connections together; empty before the end.
    String whole() {
        return whole;
    }

    String ticket() {
        return ticket;
    }

    private void append(JsonNode delta) {
        text.append(delta.get("delta").asText());
        long number = delta.get("sequence_number").asLong();
        if (number != TEXT + text.length()) {
            throw new AssertionError("number " + number + " after " + text.length() + " characters");
        }
    }

    private ObjectNode resumption(String withTicket, boolean withText) {
        var request = JSON.createObjectNode()
                .put("type", "response.resume")
                .put("ticket", withTicket)
                .put("starting_after", text.isEmpty() ? 0 : TEXT + text.length());
        return withText ? request.put("text", text.toString()) : request;
    }

    private JsonNode expect(String type) {
        var event = next();
        if (event.get("type").asText().equals("closed")) {
            throw new ConnectionLost(event.get("reason").asText());
        }
        if (!event.get("type").asText().equals(type)) {
            throw new AssertionError(event.toString());
        }
        return event;
    }

    private JsonNode next() {
        try {
            var event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError(
                        "no event for " + PATIENCE_SECONDS + " s after " + text.length() + " characters");
            }
            return event;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void send(ObjectNode frame) {
        socket.sendText(frame.toString(), true).join();
    }

    private void connect(String address) {
        events = new LinkedBlockingQueue<>();
        try {
            socket = http.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://" + address + "/v1/responses"), new Listener(events))
                    .join();
        } catch (CompletionException e) {
            throw new ConnectionLost(
                    e.getCause() instanceof WebSocketHandshakeException refused
                            ? "refused with " + refused.getResponse().statusCode()
                            : e.getCause().toString());
        }
    }

    private static final class Listener implements WebSocket.Listener {

        private final BlockingQueue<JsonNode> heard;
        private final StringBuilder frame = new StringBuilder();

        Listener(BlockingQueue<JsonNode> heard) {
            this.heard = heard;
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            frame.append(data);
            if (last) {
                try {
                    heard.add(JSON.readTree(frame.toString()));
                } catch (JsonProcessingException e) {
                    throw new AssertionError(e);
                }
                frame.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            heard.add(closed(status + " " + reason));
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            heard.add(closed(error.toString()));
        }

        private static JsonNode closed(String reason) {
            return JSON.createObjectNode().put("type", "closed").put("reason", reason);
        }
    }
}
