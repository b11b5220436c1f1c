package tinylm.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// Refuses requests that were meant for another name. A server that listens on this machine only could otherwise be
/// reached by any web page whose name is made to point here (DNS rebinding).
@ApplicationScoped
public class HostCheck {

    private static final int BEFORE_ALL_ROUTES = 1_000;
    private static final int MISDIRECTED = 421;
    private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "[::1]");

    private final Optional<Set<String>> allowed;

    HostCheck(ServerConfig config, @ConfigProperty(name = "quarkus.http.host") String listensOn) {
        allowed = config.allowedHosts()
                .or(() -> Door.isThisMachine(listensOn) ? Optional.of(LOOPBACK) : Optional.empty())
                .map(names -> Stream.of(names, LOOPBACK, List.of(listensOn)) // by these, its workers report
                        .flatMap(List::stream)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    void register(@Observes Filters filters) {
        filters.register(this::check, BEFORE_ALL_ROUTES);
    }

    private void check(RoutingContext context) {
        var host = context.request().authority(); // HTTP/2 has no Host header
        if (allowed.isEmpty() || host != null && allowed.get().contains(withoutPort(host.toString()))) {
            context.next();
        } else {
            new Problem(
                            MISDIRECTED,
                            "wrong_host",
                            "This server answers to "
                                    + String.join(
                                            ", ",
                                            allowed.get().stream().sorted().toList())
                                    + " only; tinylm.allowed-hosts can name others.")
                    .send(context.response());
        }
    }

    static String withoutPort(String host) {
        return host.toLowerCase(Locale.ROOT).replaceFirst(":\\d*$", "");
    }
}
