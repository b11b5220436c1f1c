package tinylm.web;

import io.quarkus.qute.TemplateInstance;
import jakarta.ws.rs.CookieParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;

/// The runs at `/runs`: an empty page, all it shows comes over `/v1/runs`.
@Path("/runs")
public class RunsPageResource {

    private final Keys keys;

    RunsPageResource(Keys keys) {
        this.keys = keys;
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    public TemplateInstance page(
            @CookieParam("tinylm-theme") String theme,
            @CookieParam(KeyAuthentication.COOKIE) String session,
            @Context SecurityContext security) {
        return new runs(
                theme == null ? "" : theme,
                session == null || keys.areNone()
                        ? ""
                        : security.getUserPrincipal().getName());
    }

    /// `templates/RunsPageResource/runs.html`; as in [PageResource], what is empty is left out.
    record runs(String theme, String signedInAs) implements TemplateInstance {}
}
