package tinylm.web;

import static tinylm.web.Role.ADMIN;
import static tinylm.web.Role.TRAINER;
import static tinylm.web.Role.VIEWER;
import static tinylm.web.Role.WRITER;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Who may do what: every address of the server with the least role for its methods. What is not in this table does
/// not exist for anybody, so a route without an owner is never reached.
final class Access {

    private static final List<Rule> RULES = List.of(
            anybody("GET", "/sign-in"),
            anybody("POST", "/v1/session"),
            anybody("DELETE", "/v1/session"),
            anybody("GET", "/favicon.svg"),
            anybody("GET", "/static/**"), // the page's own script and style
            least(VIEWER, "GET", "/"),
            least(VIEWER, "GET", "/runs"),
            least(VIEWER, "GET", "/v1/models"),
            least(VIEWER, "GET", "/v1/models/{id}"),
            least(WRITER, "POST", "/v1/completions"),
            least(WRITER, "GET", "/v1/responses"), // the socket
            least(WRITER, "POST", "/v1/responses"),
            least(WRITER, "GET", "/v1/responses/{id}"),
            least(ADMIN, "GET", "/v1/admin/models"),
            least(ADMIN, "POST", "/v1/admin/models/{id}/promote"),
            least(ADMIN, "POST", "/v1/admin/models/rollback"),
            least(VIEWER, "GET", "/v1/presets"),
            least(TRAINER, "POST", "/v1/presets/measure"),
            least(VIEWER, "GET", "/v1/corpora"),
            least(TRAINER, "POST", "/v1/corpora"),
            least(VIEWER, "GET", "/v1/corpora/{id}"),
            least(TRAINER, "DELETE", "/v1/corpora/{id}"),
            least(TRAINER, "POST", "/v1/corpora/{id}/download"),
            least(VIEWER, "GET", "/v1/runs"),
            least(TRAINER, "POST", "/v1/runs"),
            least(VIEWER, "GET", "/v1/runs/stream"), // the socket
            least(VIEWER, "GET", "/v1/runs/{id}"),
            least(VIEWER, "GET", "/v1/runs/{id}/metrics"),
            least(VIEWER, "GET", "/v1/runs/{id}/samples"),
            least(VIEWER, "GET", "/v1/runs/{id}/checkpoints"),
            least(VIEWER, "GET", "/v1/runs/{id}/changes"),
            least(VIEWER, "GET", "/v1/runs/{id}/log"),
            least(VIEWER, "GET", "/v1/runs/{id}/report"),
            least(VIEWER, "GET", "/v1/runs/{id}/curve.svg"),
            least(VIEWER, "GET", "/v1/runs/{id}/metrics.csv"),
            least(VIEWER, "GET", "/v1/runs/{id}/metrics.json"),
            // weights in hand know no limit of this server; a viewer may not even let them write here
            least(TRAINER, "GET", "/v1/runs/{id}/checkpoint.zip"),
            least(TRAINER, "POST", "/v1/runs/{id}/pause"),
            least(TRAINER, "POST", "/v1/runs/{id}/resume"),
            least(TRAINER, "POST", "/v1/runs/{id}/stop"),
            least(TRAINER, "POST", "/v1/runs/{id}/cancel"),
            least(TRAINER, "POST", "/v1/runs/{id}/extend"),
            least(TRAINER, "POST", "/v1/runs/{id}/clone"),
            least(TRAINER, "POST", "/v1/searches"),
            least(VIEWER, "GET", "/v1/schedules"),
            least(TRAINER, "POST", "/v1/schedules"),
            least(VIEWER, "GET", "/v1/schedules/preview"),
            least(VIEWER, "GET", "/v1/schedules/{id}"),
            least(TRAINER, "PUT", "/v1/schedules/{id}"),
            least(TRAINER, "DELETE", "/v1/schedules/{id}"),
            least(TRAINER, "POST", "/v1/schedules/{id}/pause"),
            least(TRAINER, "POST", "/v1/schedules/{id}/resume"),
            least(TRAINER, "POST", "/v1/schedules/{id}/fire"),
            anybody("POST", "/internal/runs/{id}/reports"), // a worker has a token of its own
            anybody("GET", "/q/health/**"), // whoever runs the server asks without a key
            least(VIEWER, "GET", "/q/health-ui/**"), // Quarkus adds it in development
            least(VIEWER, "GET", "/q/metrics/**"),
            least(VIEWER, "GET", "/q/openapi"),
            least(VIEWER, "GET", "/q/openapi.{format}"),
            least(VIEWER, "GET", "/q/swagger-ui/**"));

    private Access() {}

    /// @param path a `{name}` stands for one segment, a last `/**` for whatever follows, or nothing
    /// @param least empty when nobody is asked for a key
    record Rule(String method, String path, Optional<Role> least) {

        boolean covers(String address) {
            var pattern = Pattern.quote(path)
                    .replaceAll("\\{[a-z]+}", "\\\\E[^/]+\\\\Q")
                    .replaceAll("/\\*\\*", "\\\\E(/.*)?\\\\Q");
            return Pattern.matches(pattern, address);
        }

        boolean takes(String asked) {
            return method.equals(asked) || method.equals("GET") && asked.equals("HEAD");
        }
    }

    /// What the table says about a request.
    sealed interface Ruling {

        /// @param least empty when nobody is asked for a key
        record Open(Optional<Role> least) implements Ruling {}

        record WrongMethod(Set<String> allowed) implements Ruling {}

        record Unknown() implements Ruling {}
    }

    static List<Rule> rules() {
        return RULES;
    }

    /// @param path normalized and without a query
    static Ruling ruling(String method, String path) {
        var rules = RULES.stream().filter(rule -> rule.covers(path)).toList();
        if (rules.isEmpty()) {
            return new Ruling.Unknown();
        }
        return rules.stream()
                .filter(rule -> rule.takes(method))
                .<Ruling>map(rule -> new Ruling.Open(rule.least()))
                .findFirst()
                .orElseGet(() -> new Ruling.WrongMethod(
                        new TreeSet<>(rules.stream().map(Rule::method).toList())));
    }

    private static Rule anybody(String method, String path) {
        return new Rule(method, path, Optional.empty());
    }

    private static Rule least(Role role, String method, String path) {
        return new Rule(method, path, Optional.of(role));
    }
}
