package tinylm.web;

import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.CookieParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.NewCookie;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Optional;

/// Where a browser shows its key once and gets a cookie for it, since neither its navigation nor its socket can carry
/// an Authorization header. The cookie holds a signed token that expires, never the key, and no script can read it.
@Path("/")
public class SignInResource {

    private final Keys keys;
    private final BrowserSessions sessions;
    private final SignInAttempts attempts;

    SignInResource(Keys keys, BrowserSessions sessions, SignInAttempts attempts) {
        this.keys = keys;
        this.sessions = sessions;
        this.attempts = attempts;
    }

    record Credentials(String key) {}

    @GET
    @Path("sign-in")
    @Produces(MediaType.TEXT_HTML)
    public Response page(@CookieParam("tinylm-theme") String theme) {
        return keys.areNone() ? toPage().build() : form(200, "", theme);
    }

    @POST
    @Path("v1/session")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response begin(Credentials credentials, @Context HttpServerRequest request) {
        if (credentials == null || credentials.key() == null) {
            throw new ProblemException(new Problem(400, "invalid_value", "key must be a string.").about("key"));
        }
        return Response.noContent().cookie(cookie(credentials.key(), request)).build();
    }

    @POST
    @Path("v1/session")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Produces(MediaType.TEXT_HTML)
    public Response begin(
            @FormParam("key") String key,
            @CookieParam("tinylm-theme") String theme,
            @Context HttpServerRequest request) {
        try {
            return toPage().cookie(cookie(key == null ? "" : key.strip(), request))
                    .build();
        } catch (ProblemException e) {
            return form(e.problem().status(), e.problem().message(), theme);
        }
    }

    @DELETE
    @Path("v1/session")
    public Response end(@Context HttpServerRequest request) {
        return Response.noContent().cookie(cookie(request, "", Duration.ZERO)).build();
    }

    private NewCookie cookie(String secret, HttpServerRequest request) {
        attempts.admit(request);
        Optional<Key> key = keys.openedBy(secret);
        if (key.isEmpty()) {
            attempts.failed(request);
            throw new ProblemException(KeyAuthentication.wrongKey());
        }
        return cookie(request, sessions.begin(key.get()), sessions.lifetime());
    }

    private static NewCookie cookie(HttpServerRequest request, String value, Duration age) {
        return new NewCookie.Builder(KeyAuthentication.COOKIE)
                .value(value)
                .path("/")
                .maxAge((int) Math.min(age.toSeconds(), Integer.MAX_VALUE))
                .httpOnly(true)
                .secure("https".equals(request.scheme()))
                .sameSite(NewCookie.SameSite.STRICT)
                .build();
    }

    /// Relative, unlike what JAX-RS makes of it: a proxy may have another name and scheme.
    private static Response.ResponseBuilder toPage() {
        return Response.status(Response.Status.SEE_OTHER).header("Location", "/");
    }

    private static Response form(int status, String problem, String theme) {
        return Response.status(status)
                .type(MediaType.TEXT_HTML_TYPE)
                .header("Cache-Control", "no-store")
                .entity(new signIn(problem, theme == null ? "" : theme))
                .build();
    }

    /// `templates/SignInResource/signIn.html`; an empty `problem` or `theme` is left out.
    record signIn(String problem, String theme) implements TemplateInstance {}
}
