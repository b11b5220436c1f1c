package tinylm.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;

/// Lets Swagger UI run under a policy of its own: the two scripts that Quarkus writes into its page, each known by its
/// hash, and no other inline script or style. DocsTest says so when another version of Quarkus writes others.
@Singleton
class DocsPolicy {

    static final List<String> SCRIPTS = List.of(
            "sha256-hG9fqHqDD15ZC25GACsol9AT6asmuvKsEW2bv5yk764=",
            "sha256-69A6pBI/Jk0GoWcSEQbWrJdgcpxlmBQuMiDtkJ0SSA4=");
    /// Of the one `style` attribute that Swagger UI sets.
    private static final String STYLE = "sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w=";

    private static final int AFTER_HEADERS = 800;
    private static final String POLICY =
            "default-src 'self'; script-src 'self' '%s'; style-src 'self' 'unsafe-hashes' '%s'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
                    .formatted(String.join("' '", SCRIPTS), STYLE);

    void register(@Observes Filters filters) {
        filters.register(DocsPolicy::relax, AFTER_HEADERS);
    }

    private static void relax(RoutingContext context) {
        if (context.normalizedPath().startsWith("/q/swagger-ui")) {
            context.response().putHeader("Content-Security-Policy", POLICY);
        }
        context.next();
    }
}
