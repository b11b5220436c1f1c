package tinylm.web;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.inference.ModelCache;

/// `POST /v1/completions`: OpenAI's older API, which fits a model that only goes on with a text.
@Path("/v1/completions")
public class CompletionsResource {

    private final HttpResponses responses;
    private final NamedModels models;
    private final RequestReader reader = new RequestReader();

    CompletionsResource(HttpResponses responses, NamedModels models) {
        this.responses = responses;
        this.models = models;
    }

    @POST
    @Operation(
            summary = "Goes on with a text",
            description = "OpenAI's completions API. model may also name a run, for its newest checkpoint, or"
                    + " run@step, for one of its history. A stream ends in `data: [DONE]`; who waits for a slot is told his"
                    + " place in comments. A client that goes away ends the computation.")
    @RequestBody(required = true, content = @Content(schema = @Schema(implementation = ApiSchema.Completion.class)))
    @APIResponse(
            responseCode = "200",
            description = "The completion, or its pieces",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = CompletionBody.class)),
                @Content(
                        mediaType = MediaType.SERVER_SENT_EVENTS,
                        schema = @Schema(implementation = CompletionBody.class))
            })
    @APIResponse(
            responseCode = "400",
            description = "A field has a value that is not allowed",
            content = @Content(schema = @Schema(implementation = ApiSchema.Failure.class)))
    @APIResponse(responseCode = "404", description = "There is no such model")
    @APIResponse(responseCode = "429", description = "The queue is full; Retry-After says when to come back")
    @APIResponse(responseCode = "503", description = "The server is shutting down; Retry-After says when to come back")
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Response> create(String body, @Context HttpServerRequest request) throws RequestRefused {
        var fields = JsonFields.parse(body);
        var name = fields.text("model");
        var wanted = CompletionRequest.read(fields, reader);
        return models.use(name).chain(model -> answer(model, name, wanted, request));
    }

    private Uni<Response> answer(
            ModelCache.Use model, Optional<String> name, CompletionRequest wanted, HttpServerRequest request) {
        var format = new CompletionFormat(wanted, name, model.models().current().numerics(), responses::write);
        HttpResponses.Wish wish = (session, listener) ->
                session.create(wanted.response(), listener).map(CompletionRequest::renamed);
        return wanted.stream()
                ? responses.streamed(model, wish, request, format::chunks)
                : responses.whole(model, wish, format::whole);
    }
}
