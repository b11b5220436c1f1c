package tinylm.web;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.inference.ModelCache;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;
import tinylm.session.ResumeRequest;
import tinylm.session.Session;

/// `/v1/responses` over HTTP: the socket's events and numbers as server-sent events, or the response as a whole.
@Path("/v1/responses")
public class ResponsesResource {

    private final HttpResponses responses;
    private final RequestReader reader = new RequestReader();

    ResponsesResource(HttpResponses responses) {
        this.responses = responses;
    }

    @POST
    @Operation(
            summary = "Goes on with a text",
            description = "OpenAI's responses API, with the events and sequence numbers of the socket: a delta has the"
                    + " number 1000 + n after which n characters have arrived. response.created has a ticket with"
                    + " which a lost stream can be resumed.")
    @RequestBody(required = true, content = @Content(schema = @Schema(implementation = ApiSchema.Response.class)))
    @APIResponse(
            responseCode = "200",
            description = "The response, or its events",
            content = {
                @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = ResponseBody.class)),
                @Content(mediaType = MediaType.SERVER_SENT_EVENTS)
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
        var model = responses.model(fields);
        fields.mustBe(
                "previous_response_id", node -> false, "absent (nothing is kept between requests; send all as input)");
        var wanted = reader.response(fields);
        boolean stream = fields.flag("stream").orElse(false);
        return answer(model, (session, listener) -> session.create(wanted, listener), stream, request);
    }

    /// Goes on with a stream that was lost, here or on another replica. Nothing was stored: the ticket is what the
    /// text is computed from again.
    @GET
    @Path("{id}")
    @Operation(
            summary = "Goes on with a stream that was lost, or gives the response as a whole",
            description = "Nothing is stored: the text is computed again from the ticket, on any server with the same"
                    + " ticket key and model.")
    @Parameter(name = "ticket", description = "From response.created; without it the answer is 404")
    @Parameter(
            name = "starting_after",
            description = "sequence_number of the last event that arrived",
            schema = @Schema(type = SchemaType.INTEGER, minimum = "0", defaultValue = "0"))
    @Parameter(
            name = "stream",
            description = "Server-sent events instead of one answer at the end",
            schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
    @APIResponse(responseCode = "200", description = "The rest of the events, or the response")
    @APIResponse(responseCode = "400", description = "The ticket was not given by such a server, or has expired")
    @APIResponse(responseCode = "404", description = "There is no ticket, or it is of another response")
    public Uni<Response> resume(
            @PathParam("id") String id,
            @QueryParam("ticket") Optional<String> ticket,
            @QueryParam("starting_after") Optional<String> startingAfter,
            @QueryParam("stream") Optional<String> stream,
            @Context HttpServerRequest request)
            throws RequestRefused {
        if (ticket.isEmpty()) {
            throw new RequestRefused(new Refusal(
                    Refusal.Kind.NOT_FOUND,
                    "not_stored",
                    "No response is stored here; send the ticket of its response.created as ticket, and it goes on"
                            + " on any server with the same key and model.",
                    "ticket"));
        }
        var wanted = new ResumeRequest(ticket.get(), startingAfter(startingAfter.orElse("0")), Optional.empty());
        return answer(
                responses.model(),
                (session, listener) -> resume(id, wanted, session, listener),
                isTrue(stream),
                request);
    }

    private static Optional<Refusal> resume(
            String id, ResumeRequest request, Session session, Consumer<ResponseEvent> listener) {
        var other = new AtomicReference<Refusal>();
        var refusal = session.resume(request, event -> {
            if (event instanceof ResponseEvent.Resumed resumed && !resumed.id().equals(id)) {
                other.set(new Refusal(
                        Refusal.Kind.NOT_FOUND, "other_response", "The ticket is of another response.", "ticket"));
            } else if (other.get() == null) {
                listener.accept(event);
            }
        });
        return refusal.or(() -> Optional.ofNullable(other.get()));
    }

    private Uni<Response> answer(
            ModelCache.Use model, HttpResponses.Wish wish, boolean stream, HttpServerRequest request) {
        return stream
                ? responses.streamed(model, wish, request, this::event)
                : responses.whole(model, wish, ResponseBody::with);
    }

    private Stream<String> event(ServerEvent event) {
        return Stream.of("event: " + event.type() + "\ndata: " + responses.write(event));
    }

    private static long startingAfter(String text) throws RequestRefused {
        if (!text.matches("[0-9]{1,18}")) {
            throw new RequestRefused(
                    "starting_after", "starting_after must be the sequence_number of an event, a whole number.");
        }
        return Long.parseLong(text);
    }

    private static boolean isTrue(Optional<String> stream) throws RequestRefused {
        if (!stream.orElse("false").matches("true|false")) {
            throw new RequestRefused("stream", "stream must be true or false.");
        }
        return stream.orElse("false").equals("true");
    }
}
