package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `WS /v1/responses` in the hands of a test: it sees each frame of the page and says when each answer comes.
/// The page's WebSocket is exchanged before its scripts run, because Playwright 1.57 fails on sockets that a reload
/// closes. Playwright's thread only; frames arrive while a Playwright call waits.
final class ScriptedResponses {

    /// Where the numbers of a response's characters begin.
    static final int FIRST_CHARACTER = 1000;

    private static final String OTHERS = " \netaoinshrd";
    private static final int ALTERNATIVES = 10;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SOCKET = """
            window.scripted = { socket: null, away: false, connections: 0, closedAt: 0, openedAt: 0 };
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
                    scripted.openedAt = performance.now();
                    this.onopen({});
                }
                send(frame) {
                    sentByPage(frame);
                }
                close(code = 1006, reason = '') {
                    if (this.readyState === 3) return;
                    this.readyState = 3;
                    scripted.closedAt = performance.now();
                    setTimeout(() => this.onclose({ code, reason }));
                }
            };
            """;

    private final Page page;
    private final List<JsonNode> requests = new ArrayList<>();
    private int responses;
    private int characters;

    ScriptedResponses(Page page) {
        this.page = page;
        page.exposeFunction("sentByPage", frames -> requests.add(parse((String) frames[0])));
        page.addInitScript(SOCKET);
        answer("models", 200, "");
        answer("responses", 200, "");
    }

    /// Answers the page when it asks over HTTP, which it does to learn why its socket was refused.
    void answer(String route, int status, String message) {
        var body = "{\"error\": {\"message\": \"" + message + "\"}}";
        page.route(
                "**/v1/" + route,
                request -> request.fulfill(
                        new Route.FulfillOptions().setStatus(status).setBody(body)));
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

    /// How long after the last close the page opened another connection.
    double millisecondsAway() {
        return ((Number) page.evaluate("scripted.openedAt - scripted.closedAt")).doubleValue();
    }

    /// Begins a response and returns its id.
    String begin(long seed) {
        var id = "resp_" + ++responses;
        characters = 0;
        var response = Map.of("id", id, "status", "in_progress", "seed", seed);
        send("response.created", 0, Map.of("ticket", ticket(), "response", response));
        return id;
    }

    /// What the page must show to go on with the last response.
    String ticket() {
        return "ticket of resp_" + responses;
    }

    void queue(int place) {
        send("response.queued", 1, Map.of("queue_position", place));
    }

    void start() {
        send("response.in_progress", 2, Map.of("response", Map.of("id", "resp_" + responses)));
    }

    void write(String delta) {
        characters += (int) delta.codePoints().count();
        send("response.output_text.delta", FIRST_CHARACTER + characters, Map.of("delta", delta));
    }

    /// Writes `delta`, each character of which had this probability; others share the rest, each half of the one
    /// before.
    void write(String delta, double probability) {
        characters += (int) delta.codePoints().count();
        var logprobs = delta.codePoints()
                .mapToObj(Character::toString)
                .map(character -> odds(character, probability))
                .toList();
        var fields = Map.of("delta", delta, "logprobs", logprobs);
        send("response.output_text.delta", FIRST_CHARACTER + characters, fields);
    }

    /// Writes what the page already has, as a server that went back a little would.
    void repeat(String delta) {
        send("response.output_text.delta", FIRST_CHARACTER + characters, Map.of("delta", delta));
    }

    /// @param reason `max_output_tokens` or `cancelled`
    void end(String reason) {
        var details = Map.of("reason", reason);
        var response = Map.of("id", "resp_" + responses, "incomplete_details", details, "tokens_per_second", 612.4);
        send("response.incomplete", FIRST_CHARACTER + characters + 4, Map.of("response", response));
    }

    void refuse(String code, String message, String param) {
        var error = Map.of("type", "invalid_request_error", "code", code, "message", message, "param", param);
        send("error", 0, Map.of("error", error));
    }

    /// Closes the connection and each new one, until `comeBack`.
    void goAway() {
        page.evaluate("() => { scripted.away = true; scripted.socket.close(); }");
    }

    void comeBack() {
        page.evaluate("scripted.away = false");
    }

    /// Closes the connection; the next one opens.
    void close(int code, String reason) {
        page.evaluate("([code, reason]) => scripted.socket.close(code, reason)", List.of(code, reason));
    }

    private static Map<String, ?> odds(String character, double probability) {
        var likely = new LinkedHashMap<String, Double>();
        likely.put(character, probability);
        double rest = 1 - probability;
        for (int i = 0; likely.size() < ALTERNATIVES; i++) {
            var other = OTHERS.substring(i, i + 1);
            if (!other.equals(character)) {
                rest /= 2;
                likely.put(other, rest);
            }
        }
        var top = likely.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .map(entry -> Map.of("token", entry.getKey(), "logprob", Math.log(entry.getValue())))
                .toList();
        return Map.of("token", character, "logprob", Math.log(probability), "top_logprobs", top);
    }

    private void send(String type, int sequenceNumber, Map<String, ?> fields) {
        var event = new LinkedHashMap<String, Object>(fields);
        event.put("type", type);
        event.put("sequence_number", sequenceNumber);
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
