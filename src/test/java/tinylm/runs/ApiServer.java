package tinylm.runs;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Pattern;

/// An API server of Kubernetes that keeps what it is given, as long as it lives, and remembers what clients other than
/// the [#operator] did. It runs nothing: the operator plays the controllers.
public final class ApiServer implements AutoCloseable {

    private static final String OPERATOR = "the operator";
    private static final Pattern RESOURCE = Pattern.compile(
            ".*/namespaces/[^/]+/(?<resource>[a-z]+)(?:/(?<name>[^/?]+))?(?:/(?<part>[a-z]+))?(?:\\?.*)?");

    private final Set<String> calls = new ConcurrentSkipListSet<>();
    private final int port;
    private final KubernetesCrudDispatcher dispatcher = new KubernetesCrudDispatcher() {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            if (!OPERATOR.equals(request.getHeader("User-Agent"))) {
                calls.add(call(request));
            }
            if (request.getMethod().equals("POST") && refusal.isPresent()) {
                return refusal.get();
            }
            return request.getPath().contains("/log")
                    ? new MockResponse().setResponseCode(200).setBody(log)
                    : super.dispatch(request);
        }
    };
    private volatile Optional<MockResponse> refusal = Optional.empty();
    private volatile String log = "";
    private KubernetesMockServer server;

    public ApiServer() {
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    /// Again, with all that it had.
    void start() {
        server = new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), dispatcher, false);
        server.init(InetAddress.getLoopbackAddress(), port);
    }

    void stop() {
        server.destroy();
    }

    /// Answers whatever shall be made with a status from now on; 0 for no more.
    void refuse(int code, String message) {
        refusal = code == 0
                ? Optional.empty()
                : Optional.of(new MockResponse()
                        .setResponseCode(code)
                        .setBody("{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"status\": \"Failure\", \"code\": "
                                + code + ", \"message\": \"" + message + "\"}"));
    }

    /// What every container said.
    void log(String lines) {
        log = lines;
    }

    /// As `create jobs` or `get pods/log`.
    Set<String> calls() {
        return calls;
    }

    public String url() {
        return "http://127.0.0.1:" + port;
    }

    KubernetesClient client() {
        return server.createClient();
    }

    public KubernetesClient operator() {
        return server.createClient(
                builder -> builder.editOrNewConfig().withUserAgent(OPERATOR).endConfig());
    }

    private static String call(RecordedRequest request) {
        var path = RESOURCE.matcher(request.getPath());
        if (!path.matches()) {
            return request.getMethod() + " " + request.getPath();
        }
        var verb = switch (request.getMethod()) {
            case "POST" -> "create";
            case "DELETE" -> "delete";
            case "GET" ->
                request.getPath().contains("watch=true") ? "watch" : path.group("name") == null ? "list" : "get";
            default -> request.getMethod();
        };
        return verb + " " + path.group("resource") + (path.group("part") == null ? "" : "/" + path.group("part"));
    }

    @Override
    public void close() {
        server.destroy();
    }
}
