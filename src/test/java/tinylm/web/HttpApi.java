package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// A plain HTTP client of the API.
final class HttpApi implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI server;

    HttpApi(URI server) {
        this.server = server;
    }

    record Answer(int status, HttpResponse<String> response) {

        JsonNode json() {
            return HttpApi.json(response.body());
        }

        JsonNode error() {
            return json().get("error");
        }

        /// What follows `data: ` in every server-sent event.
        List<String> data() {
            return Arrays.stream(response.body().split("\n"))
                    .filter(line -> line.startsWith("data: "))
                    .map(line -> line.substring(6))
                    .toList();
        }

        /// The JSON among them.
        List<JsonNode> events() {
            return data().stream()
                    .filter(data -> data.startsWith("{"))
                    .map(HttpApi::json)
                    .toList();
        }
    }

    Answer get(String path) {
        return ask(HttpRequest.newBuilder(server.resolve(path)));
    }

    Answer post(String path, String body) {
        return ask(request(path, body));
    }

    /// Asks and does not wait; the answer never comes when this is closed before.
    void postAndForget(String path, String body) {
        http.sendAsync(request(path, body).build(), HttpResponse.BodyHandlers.discarding());
    }

    /// The body as it comes; closing it closes the connection.
    InputStream open(String path, String body) {
        try {
            return http.send(request(path, body).build(), HttpResponse.BodyHandlers.ofInputStream())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private HttpRequest.Builder request(String path, String body) {
        return HttpRequest.newBuilder(server.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private Answer ask(HttpRequest.Builder request) {
        try {
            var response =
                    http.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
