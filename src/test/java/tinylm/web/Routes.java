package tinylm.web;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.server.mapping.RuntimeResource;
import org.jboss.resteasy.reactive.server.util.RuntimeResourceVisitor;

/// Every route that the running server has, wherever it comes from.
@ApplicationScoped
public class Routes {

    private Router router;

    void keep(@Observes Router main) {
        router = main;
    }

    /// As `GET /v1/models/{id}`; a route for every method counts as one for GET. Routes for every path are left out:
    /// they are filters, or find their files and resources themselves.
    Set<String> all() {
        var all = new TreeSet<String>();
        for (var route : router.getRoutes()) {
            if (route.getPath() != null && !route.getPath().equals("/")) {
                var methods = route.methods() == null ? Set.of(HttpMethod.GET) : route.methods();
                methods.forEach(method -> all.add(method + " " + path(route)));
            }
        }
        var resources = ResteasyReactiveRecorder.getCurrentDeployment().getClassMappers();
        RuntimeResourceVisitor.visitRuntimeResources("", resources, new RuntimeResourceVisitor() {
            @Override
            public void visitRuntimeResource(String method, String path, RuntimeResource resource) {
                all.add(method + " " + path);
            }
        });
        return all;
    }

    private static String path(Route route) {
        return route.isExactPath() ? route.getPath() : route.getPath().replaceFirst("/?$", "/{rest}");
    }
}
