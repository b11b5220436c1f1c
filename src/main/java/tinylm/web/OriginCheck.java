package tinylm.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/// Browsers let any page send a form or open a socket to any server and say where the page came from: only our own
/// pages may. Programs send no Origin and are let in.
@ApplicationScoped
public class OriginCheck {

    private static final int BEFORE_AUTHENTICATION = 900;
    private static final Set<String> HARMLESS = Set.of("GET", "HEAD", "OPTIONS");

    void register(@Observes Filters filters) {
        filters.register(OriginCheck::check, BEFORE_AUTHENTICATION);
    }

    private static void check(RoutingContext context) {
        var request = context.request();
        boolean changesSomething =
                !HARMLESS.contains(request.method().name()) || request.headers().contains("Sec-WebSocket-Key");
        if (changesSomething && !isOwn(request)) {
            new Problem(403, "wrong_origin", "Only this server's own pages, and programs, may ask for that.")
                    .send(context.response());
        } else {
            context.next();
        }
    }

    private static boolean isOwn(HttpServerRequest request) {
        var origins = request.headers().getAll("Origin");
        return origins.isEmpty()
                || origins.size() == 1 && isSame(origins.getFirst(), request.scheme() + "://" + request.authority());
    }

    /// Whether scheme, host and port are equal, a scheme's usual port being the same as none.
    static boolean isSame(String origin, String own) {
        try {
            var a = new URI(origin);
            var b = new URI(own);
            return a.getHost() != null
                    && a.getHost().equalsIgnoreCase(b.getHost())
                    && scheme(a).equals(scheme(b))
                    && port(a) == port(b);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /// An upgrade request has the scheme http or ws, as the container likes.
    private static String scheme(URI uri) {
        return switch (String.valueOf(uri.getScheme())) {
            case "http", "ws" -> "http";
            case "https", "wss" -> "https";
            default -> "";
        };
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return scheme(uri).equals("https") ? 443 : 80;
    }
}
