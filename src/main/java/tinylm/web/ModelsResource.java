package tinylm.web;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import java.util.List;
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
    public ModelBody.Models list() {
        return ModelBody.Models.of(List.of(ModelBody.of(models.current())));
    }

    @GET
    @Path("{id}")
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
