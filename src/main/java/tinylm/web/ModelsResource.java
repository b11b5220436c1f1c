package tinylm.web;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.inference.Models;
import tinylm.session.Refusal;

/// `/v1/models`: what answers.
@Path("/v1/models")
public class ModelsResource {

    private final Models models;

    ModelsResource(Models models) {
        this.models = models;
    }

    @GET
    @Operation(summary = "The model that answers, in OpenAI's list")
    public ModelBody.Models list() {
        return ModelBody.Models.of(List.of(ModelBody.of(models.current())));
    }

    @GET
    @Path("{id}")
    @Operation(summary = "The model that answers")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = ModelBody.class)))
    @APIResponse(responseCode = "404", description = "There is no such model")
    public ModelBody one(@PathParam("id") String id) throws RequestRefused {
        var model = ModelBody.of(models.current());
        if (!model.id().equals(id)) {
            throw new RequestRefused(unknown(model.id()));
        }
        return model;
    }

    static Refusal unknown(String there) {
        return new Refusal(
                Refusal.Kind.NOT_FOUND, "model_not_found", "model must be " + there + ", the only one here.", "model");
    }
}
