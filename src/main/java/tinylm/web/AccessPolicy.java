package tinylm.web;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;

/// Holds every request, a socket's upgrade included, against [Access].
@ApplicationScoped
public class AccessPolicy implements HttpSecurityPolicy {

    @Override
    public Uni<CheckResult> checkPermission(
            RoutingContext context, Uni<SecurityIdentity> identity, AuthorizationRequestContext ignored) {
        return switch (Access.ruling(context.request().method().name(), context.normalizedPath())) {
            case Access.Ruling.Open open ->
                open.least().map(least -> holds(identity, least)).orElseGet(CheckResult::permit);
            case Access.Ruling.WrongMethod wrong ->
                refuse(Problem.of(405).with("Allow", String.join(", ", wrong.allowed())));
            case Access.Ruling.Unknown unknown ->
                // the tools of Quarkus' development mode have addresses of their own
                LaunchMode.current().isDev() ? holds(identity, Role.ADMIN) : refuse(Problem.of(404));
        };
    }

    private static Uni<CheckResult> holds(Uni<SecurityIdentity> identity, Role least) {
        return identity.map(known -> new CheckResult(known.hasRole(least.lowerCase())));
    }

    private static Uni<CheckResult> refuse(Problem problem) {
        return Uni.createFrom().failure(new ProblemException(problem));
    }
}
