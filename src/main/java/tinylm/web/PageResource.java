package tinylm.web;

import io.quarkus.qute.TemplateInstance;
import jakarta.ws.rs.CookieParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Locale;
import tinylm.inference.Models;

/// The writing desk at `/`: the model that answers is written into the page, everything else comes over the socket.
@Path("/")
public class PageResource {

    private final Models models;
    private final Keys keys;

    PageResource(Models models, Keys keys) {
        this.models = models;
        this.keys = keys;
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    public TemplateInstance page(
            @CookieParam("tinylm-theme") String theme,
            @CookieParam(KeyAuthentication.COOKIE) String session,
            @Context SecurityContext security) {
        var model = ModelInfo.of(models.current().checkpoint());
        return new page(
                model.name(),
                String.format(Locale.ROOT, "%,d", model.parameters()),
                Double.isNaN(model.validationLoss()) ? "" : String.format(Locale.ROOT, "%.3f", model.validationLoss()),
                model.protocol(),
                model.alphabet(),
                theme == null ? "" : theme,
                session == null || keys.areNone()
                        ? ""
                        : security.getUserPrincipal().getName());
    }

    /// `templates/PageResource/page.html`; an empty `loss`, `theme` or `signedInAs` is left out, and the CSS knows two
    /// themes.
    ///
    /// @param signedInAs whose cookie the browser sent; without one there is nothing to sign out of
    record page(
            String name,
            String parameters,
            String loss,
            String protocol,
            String alphabet,
            String theme,
            String signedInAs)
            implements TemplateInstance {}
}
