package tinylm.web;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/// Says whose request it is: by `Authorization: Bearer`, as programs send it, or by the cookie of a browser that has
/// signed in. Without any keys everybody is an admin.
@ApplicationScoped
public class KeyAuthentication implements HttpAuthenticationMechanism {

    static final String COOKIE = "tinylm-session";
    /// Where WebSockets Next looks, in seconds since 1970, for when a socket's identity ends.
    private static final String EXPIRY = "quarkus.identity.expire-time";

    private static final Problem WRONG_KEY = new Problem(401, "invalid_api_key", "That API key is not known here.")
            .with("WWW-Authenticate", "Bearer realm=\"tinylm\", error=\"invalid_token\"");

    private final Keys keys;
    private final BrowserSessions sessions;

    KeyAuthentication(Keys keys, BrowserSessions sessions) {
        this.keys = keys;
        this.sessions = sessions;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager ignored) {
        if (keys.areNone()) {
            return Uni.createFrom().item(identity("everybody", Role.ADMIN).build());
        }
        var secret = bearer(context);
        if (secret.isPresent()) {
            return keys.openedBy(secret.get())
                    .map(key -> Uni.createFrom()
                            .<SecurityIdentity>item(
                                    identity(key.name(), key.role()).build()))
                    .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException()));
        }
        return Optional.ofNullable(context.request().getCookie(COOKIE))
                .flatMap(cookie -> sessions.resume(cookie.getValue()))
                .map(open -> Uni.createFrom().<SecurityIdentity>item(identity(open)))
                .orElseGet(Uni.createFrom()::nullItem);
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext context) {
        return Uni.createFrom()
                .item(new ChallengeData(
                        HttpResponseStatus.UNAUTHORIZED.code(), "WWW-Authenticate", "Bearer realm=\"tinylm\""));
    }

    /// People are sent to where they can sign in, programs are told what to send.
    @Override
    public Uni<Boolean> sendChallenge(RoutingContext context) {
        if (context.normalizedPath().equals("/")) {
            context.response()
                    .setStatusCode(303)
                    .putHeader("Location", "/sign-in")
                    .end();
        } else {
            (bearer(context).isPresent() ? WRONG_KEY : Problem.of(401)).send(context.response());
        }
        return Uni.createFrom().item(true);
    }

    static Problem wrongKey() {
        return WRONG_KEY;
    }

    private static Optional<String> bearer(RoutingContext context) {
        var header = context.request().getHeader("Authorization");
        return header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)
                ? Optional.of(header.substring(7).strip())
                : Optional.empty();
    }

    private static SecurityIdentity identity(BrowserSessions.Open open) {
        return identity(open.key().name(), open.key().role())
                .addAttribute(EXPIRY, open.expires().getEpochSecond())
                .build();
    }

    private static QuarkusSecurityIdentity.Builder identity(String name, Role role) {
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(name))
                .addRoles(role.names());
    }
}
