package tinylm.web;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Optional;
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
        add(router, "", all);
        var resources = ResteasyReactiveRecorder.getCurrentDeployment().getClassMappers();
        RuntimeResourceVisitor.visitRuntimeResources("", resources, new RuntimeResourceVisitor() {
            @Override
            public void visitRuntimeResource(String method, String path, RuntimeResource resource) {
                all.add(method + " " + path);
            }
        });
        return all;
    }

    private static void add(Router router, String prefix, Set<String> all) {
        for (var route : router.getRoutes()) {
            var mounted = mounted(route);
            if (mounted.isPresent()) {
                add(mounted.get(), prefix + route.getPath().replaceFirst("/$", ""), all);
            } else if (route.getPath() != null && !route.getPath().equals("/")) {
                var methods = route.methods() == null ? Set.of(HttpMethod.GET) : route.methods();
                methods.forEach(method -> all.add(method + " " + prefix + path(route)));
            }
        }
    }

    /// The router under which extensions put what begins with `/q`: Vert.x keeps a mounted router as the receiver of
    /// a method reference and does not tell.
    private static Optional<Router> mounted(Route route) {
        try {
            var state = value(route, "state");
            if (value(state, "contextHandlers") instanceof List<?> handlers) {
                for (var handler : handlers) {
                    for (var field : handler.getClass().getDeclaredFields()) {
                        if (Router.class.isAssignableFrom(field.getType())) {
                            field.setAccessible(true);
                            return Optional.of((Router) field.get(handler));
                        }
                    }
                }
            }
            return Optional.empty();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("this Vert.x keeps its routes in another way", e);
        }
    }

    private static Object value(Object of, String name) throws ReflectiveOperationException {
        var field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    private static String path(Route route) {
        return route.isExactPath() ? route.getPath() : route.getPath().replaceFirst("/?$", "/{rest}");
    }
}
