package tinylm.web;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.quarkus.security.ForbiddenException;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Objects;
import org.jboss.logging.Logger;
import tinylm.checkpoint.CheckpointException;
import tinylm.runs.RunRefused;
import tinylm.store.StoreException;
import tinylm.text.CorpusException;

/// Turns whatever went wrong anywhere into a [Problem]. What nobody foresaw is logged, and told without its details.
@Provider
public class Failures implements ExceptionMapper<Throwable> {

    private static final Logger LOG = Logger.getLogger(Failures.class);
    /// Before Quarkus' own failure handlers, which answer in other shapes.
    private static final int FIRST = -10_000;

    void register(@Observes Router router) {
        router.route().order(FIRST).failureHandler(Failures::answer);
    }

    @Override
    public Response toResponse(Throwable failure) {
        return problem(failure).toResponse();
    }

    /// Takes the place of Quarkus' own mapper of this exception, which says nothing.
    @Provider
    public static final class OfShape implements ExceptionMapper<MismatchedInputException> {

        @Override
        public Response toResponse(MismatchedInputException failure) {
            return problem(failure).toResponse();
        }
    }

    /// What went wrong outside of JAX-RS, or before it.
    private static void answer(RoutingContext context) {
        var failure = context.failure();
        var response = context.response();
        var problem = failure == null ? Problem.of(Math.max(context.statusCode(), 400)) : problem(failure);
        if (response.headWritten()) {
            context.request().connection().close(); // an answer cut short must not look like a whole one
        } else {
            problem.send(response);
        }
    }

    static Problem problem(Throwable failure) {
        return switch (failure) {
            case ProblemException known -> known.problem();
            case HttpException known -> Problem.of(Math.max(known.getStatusCode(), 400));
            case ForbiddenException known -> Problem.of(403);
            case WebApplicationException known -> of(known.getResponse());
            case RunRefused refused -> of(refused);
            case CheckpointException unfit -> new Problem(422, "checkpoint_refused", unfit.getMessage());
            case StoreException away -> unavailable(away);
            case CorpusException unfit -> new Problem(422, "corpus_refused", unfit.getMessage()).about("corpus");
            case RequestRefused invalid -> Problem.of(invalid.refusal());
            case MismatchedInputException unfit -> unfit(unfit);
            case JacksonException notJson -> new Problem(400, "invalid_json", "The body must be one JSON object.");
            default -> {
                LOG.error("A request failed", failure);
                yield Problem.of(500);
            }
        };
    }

    private static Problem unavailable(StoreException away) {
        LOG.error("A request failed", away);
        return new Problem(503, "store_unavailable", away.getMessage());
    }

    private static Problem of(RunRefused refused) {
        var problem = switch (refused.kind()) {
            case INVALID -> new Problem(400, "invalid_value", refused.getMessage());
            case NOT_FOUND -> new Problem(404, "run_not_found", refused.getMessage());
            case CORPUS_NOT_FOUND -> new Problem(404, "corpus_not_found", refused.getMessage());
            case TOO_LARGE -> new Problem(413, "body_too_large", refused.getMessage()).with("Connection", "close");
            case NO_SCHEDULE -> new Problem(404, "schedule_not_found", refused.getMessage());
            case CONFLICT -> new Problem(409, "wrong_state", refused.getMessage());
            case LEASE_LOST -> new Problem(409, "lease_lost", refused.getMessage());
        };
        return refused.param().isEmpty() ? problem : problem.about(refused.param());
    }

    private static Problem unfit(MismatchedInputException failure) {
        var field = failure.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .filter(Objects::nonNull)
                .findFirst();
        var problem = new Problem(400, "invalid_value", field.orElse("The body") + " has a wrong type.");
        return field.map(problem::about).orElse(problem);
    }

    private static Problem of(Response response) {
        var problem = Problem.of(Math.max(response.getStatus(), 400));
        var allow = response.getHeaderString(HttpHeaders.ALLOW);
        return allow == null ? problem : problem.with(HttpHeaders.ALLOW, allow);
    }
}
