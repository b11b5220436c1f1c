package tinylm.web;

import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tinylm.session.Refusal;

/// What is answered instead of what was asked for, in OpenAI's shape:
/// `{"error": {"type": ..., "code": ..., "message": ..., "param": ...}}`.
///
/// @param status of HTTP, 400 to 599
/// @param code for programs, for example `not_found`
/// @param message for people: a sentence that says what is wrong and what is allowed
/// @param param the field at fault, if it is one
/// @param headers that go with it, as `Retry-After`
record Problem(int status, String code, String message, Optional<String> param, Map<String, String> headers) {

    /// A queue that is full moves on within a second or so; a replica that ends is soon replaced.
    private static final String RETRY_SECONDS = "2";

    Problem {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("a problem has a status of 400..599, not " + status);
        }
        headers = Map.copyOf(headers);
    }

    Problem(int status, String code, String message) {
        this(status, code, message, Optional.empty(), Map.of());
    }

    /// All that can be said when a status is all that is known.
    static Problem of(int status) {
        return switch (status) {
            case 400 -> new Problem(status, "bad_request", "The request could not be read.");
            case 401 ->
                new Problem(status, "key_required", "An API key is needed: send Authorization: Bearer KEY.")
                        .with("WWW-Authenticate", "Bearer realm=\"tinylm\"");
            case 403 -> new Problem(status, "not_allowed", "This key may not do that.");
            case 404 -> new Problem(status, "not_found", "There is nothing at this address.");
            case 405 -> new Problem(status, "method_not_allowed", "This address does not take that method.");
            case 406 -> new Problem(status, "not_acceptable", "This address cannot answer in the types of Accept.");
            case 408 -> new Problem(status, "timeout", "The request did not arrive in time.");
            case 413 -> new Problem(status, "body_too_large", "The body of the request is too large.");
            case 414 -> new Problem(status, "address_too_long", "The address of the request is too long.");
            case 415 ->
                new Problem(status, "unsupported_type", "The body must be JSON, with Content-Type application/json.");
            case 429 -> new Problem(status, "rate_limit_exceeded", "These are too many requests; wait and try again.");
            case 503 -> new Problem(status, "unavailable", "The server cannot answer right now; try again soon.");
            default ->
                status >= 500
                        ? new Problem(status, "server_error", "The server failed; nothing is wrong with the request.")
                        : new Problem(status, "bad_request", "The request cannot be carried out.");
        };
    }

    static Problem of(Refusal refusal) {
        var status = switch (refusal.kind()) {
            case INVALID -> 400;
            case NOT_FOUND -> 404;
            case BUSY -> 429;
            case UNAVAILABLE -> 503;
        };
        var problem = new Problem(status, refusal.code(), refusal.message());
        var told = refusal.param().isEmpty() ? problem : problem.about(refusal.param());
        return status == 429 || status == 503 ? told.with("Retry-After", RETRY_SECONDS) : told;
    }

    Problem about(String field) {
        return new Problem(status, code, message, Optional.of(field), headers);
    }

    Problem with(String header, String value) {
        var more = new TreeMap<>(headers);
        more.put(header, value);
        return new Problem(status, code, message, param, more);
    }

    /// Which of OpenAI's kinds it is.
    String type() {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }

    String json() {
        var error = new JsonObject()
                .put("type", type())
                .put("code", code)
                .put("message", message)
                .put("param", param.orElse(null));
        return new JsonObject().put("error", error).encode();
    }

    /// For JAX-RS: return it, or throw it in a [jakarta.ws.rs.WebApplicationException].
    Response toResponse() {
        var response =
                Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(json());
        headers.forEach(response::header);
        return response.build();
    }

    /// For everything before and beside JAX-RS.
    void send(HttpServerResponse response) {
        response.setStatusCode(status).putHeader("Content-Type", MediaType.APPLICATION_JSON);
        headers.forEach(response::putHeader);
        response.end(json());
    }
}
