package tinylm.web;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/// `POST /v1/completions`: OpenAI's older API, which fits a model that only goes on with a text.
@Path("/v1/completions")
public class CompletionsResource {

    private final HttpResponses responses;
    private final RequestReader reader = new RequestReader();

    CompletionsResource(HttpResponses responses) {
        this.responses = responses;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Response> create(String body, @Context HttpServerResponse response) throws RequestRefused {
        var fields = JsonFields.parse(body);
        responses.checkModel(fields);
        var request = CompletionRequest.read(fields, reader);
        var format = new CompletionFormat(request, responses.fingerprint(), responses::write);
        HttpResponses.Wish wish = (session, listener) ->
                session.create(request.response(), listener).map(CompletionRequest::renamed);
        return request.stream()
                ? responses.streamed(wish, response, format::chunks)
                : responses.whole(wish, format::whole);
    }
}
