package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `WS /v1/responses` in the hands of a test: it sees each frame of the page and says when each answer comes.
/// The page's WebSocket is exchanged before its scripts run, because Playwright 1.57 fails on sockets that a reload
/// closes. Playwright's thread only; frames arrive while a Playwright call waits.
final class ScriptedResponses {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SOCKET = """
            window.scripted = { socket: null, away: false, connections: 0 };
            window.WebSocket = class {
                static CONNECTING = 0;
                static OPEN = 1;
                readyState = 0;
                constructor(url) {
                    if (!url.endsWith('/v1/responses')) throw new Error(url);
                    scripted.connections++;
                    setTimeout(() => scripted.away ? this.close() : this.open());
                }
                open() {
                    this.readyState = 1;
                    scripted.socket = this;
                    this.onopen({});
                }
                send(frame) {
                    sentByPage(frame);
                }
                close() {
                    if (this.readyState === 3) return;
                    this.readyState = 3;
                    setTimeout(() => this.onclose({ reason: '' }));
                }
            };
            """;

    private final Page page;
    private final List<JsonNode> requests = new ArrayList<>();
    private int responses;

    ScriptedResponses(Page page) {
        this.page = page;
        page.exposeFunction("sentByPage", frames -> requests.add(parse((String) frames[0])));
        page.addInitScript(SOCKET);
    }

    /// The next frame that the page sends.
    JsonNode request() {
        page.waitForCondition(() -> !requests.isEmpty());
        return requests.removeFirst();
    }

    boolean hasRequest() {
        return !requests.isEmpty();
    }

    int connections() {
        return (Integer) page.evaluate("scripted.connections");
    }

    /// Begins a response and returns its id.
    String begin(long seed) {
        var id = "resp_" + ++responses;
        send(Map.of("type", "response.created", "response", Map.of("id", id, "status", "in_progress", "seed", seed)));
        return id;
    }

    void write(String delta) {
        send(Map.of("type", "response.output_text.delta", "delta", delta));
    }

    /// @param reason `max_output_tokens` or `cancelled`
    void end(String reason) {
        var details = Map.of("reason", reason);
        var response = Map.of("id", "resp_" + responses, "incomplete_details", details, "tokens_per_second", 612.4);
        send(Map.of("type", "response.incomplete", "response", response));
    }

    void refuse(String code, String message, String param) {
        var error = Map.of("type", "invalid_request_error", "code", code, "message", message, "param", param);
        send(Map.of("type", "error", "error", error));
    }

    /// Closes the connection and each new one, until `comeBack`.
    void goAway() {
        page.evaluate("() => { scripted.away = true; scripted.socket.close(); }");
    }

    void comeBack() {
        page.evaluate("scripted.away = false");
    }

    private void send(Map<String, ?> event) {
        try {
            page.evaluate("frame => scripted.socket.onmessage({ data: frame })", JSON.writeValueAsString(event));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode parse(String frame) {
        try {
            return JSON.readTree(frame);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
