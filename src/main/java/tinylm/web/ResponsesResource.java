package tinylm.web;

import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
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
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Response> create(String body, @Context HttpServerResponse response) throws RequestRefused {
        var fields = JsonFields.parse(body);
        responses.checkModel(fields);
        fields.mustBe(
                "previous_response_id", node -> false, "absent (nothing is kept between requests; send all as input)");
        var request = reader.response(fields);
        boolean stream = fields.flag("stream").orElse(false);
        return answer((session, listener) -> session.create(request, listener), stream, response);
    }

    /// Goes on with a stream that was lost, here or on another replica. Nothing was stored: the ticket is what the
    /// text is computed from again.
    @GET
    @Path("{id}")
    public Uni<Response> resume(
            @PathParam("id") String id,
            @QueryParam("ticket") Optional<String> ticket,
            @QueryParam("starting_after") Optional<String> startingAfter,
            @QueryParam("stream") Optional<String> stream,
            @Context HttpServerResponse response)
            throws RequestRefused {
        if (ticket.isEmpty()) {
            throw new RequestRefused(new Refusal(
                    Refusal.Kind.NOT_FOUND,
                    "not_stored",
                    "No response is stored here; send the ticket of its response.created as ticket, and it goes on"
                            + " on any server with the same key and model.",
                    "ticket"));
        }
        var request = new ResumeRequest(ticket.get(), startingAfter(startingAfter.orElse("0")), Optional.empty());
        return answer((session, listener) -> resume(id, request, session, listener), isTrue(stream), response);
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

    private Uni<Response> answer(HttpResponses.Wish wish, boolean stream, HttpServerResponse response) {
        return stream ? responses.streamed(wish, response, this::event) : responses.whole(wish, ResponseBody::with);
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
