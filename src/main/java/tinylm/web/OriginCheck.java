package tinylm.web;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.net.URISyntaxException;

/// Browsers let any page open a socket to any server and say where the page came from: only our own pages may.
/// Programs send no Origin and are let in.
@ApplicationScoped
public class OriginCheck implements HttpUpgradeCheck {

    private static final int FORBIDDEN = 403;

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        return isOwn(context.httpRequest()) ? CheckResult.permitUpgrade() : CheckResult.rejectUpgrade(FORBIDDEN);
    }

    private static boolean isOwn(HttpServerRequest request) {
        var origins = request.headers().getAll("Origin");
        return origins.isEmpty()
                || origins.size() == 1
                        && isSame(origins.getFirst(), request.scheme() + "://" + request.getHeader("Host"));
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
