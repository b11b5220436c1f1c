package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointException;
import tinylm.checkpoint.Checkpoints;

/// `/v1/admin/models`: which checkpoint answers, and which could.
@Blocking
@Path("/v1/admin/models")
public class AdminModelsResource {

    private final Promoter promoter;
    private final Promotable promotable;

    AdminModelsResource(Promoter promoter, Promotable promotable) {
        this.promoter = promoter;
        this.promotable = promotable;
    }

    /// A checkpoint that could be promoted, or why it could not.
    ///
    /// @param checkpoint SHA-256 of the weights
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record Candidate(
            String id,
            String object,
            boolean current,
            Optional<String> checkpoint,
            Optional<Long> step,
            Optional<Double> validationLoss,
            Optional<String> protocol,
            Optional<String> problem) {}

    @GET
    @Operation(summary = "The checkpoints that could answer: the configured one and the best of every run")
    public ModelBody.Models list() {
        return ModelBody.Models.of(promotable.ids().stream()
                .flatMap(id -> promotable.find(id).map(directory -> candidate(id, directory)).stream())
                .toList());
    }

    @POST
    @Path("{id}/promote")
    @Operation(
            summary = "Lets a checkpoint answer",
            description =
                    "A run's name stands for its best checkpoint, run@step for one of its history. It is loaded beside the model that answers, which finishes what it began. Takes seconds; other servers with the same database follow within seconds, and all remember it.")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = Candidate.class)))
    @APIResponse(responseCode = "404", description = "It is not in the list")
    @APIResponse(responseCode = "409", description = "Another model is being loaded")
    @APIResponse(responseCode = "422", description = "It is corrupt; the sentence says how. Nothing has changed")
    public Response promote(@PathParam("id") String id) {
        return alone(
                id,
                () -> promoter.promote(id),
                () -> new Problem(
                                404,
                                "model_not_found",
                                "There is no such model; there is " + String.join(", ", promotable.ids()) + ".")
                        .about("id"));
    }

    /// Back to what answered before; once more, and forth again.
    @POST
    @Path("rollback")
    @Operation(summary = "Lets the model answer that answered before")
    @APIResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = Candidate.class)))
    @APIResponse(responseCode = "409", description = "There is none, or another model is being loaded")
    @APIResponse(responseCode = "422", description = "It is corrupt by now; nothing has changed")
    public Response rollback() {
        return alone(
                "previous",
                promoter::rollback,
                () -> new Problem(409, "no_previous_model", "No other model has answered before this one."));
    }

    private Response alone(String id, Supplier<Optional<Checkpoint>> action, Supplier<Problem> none) {
        try {
            return promoter.alone(action)
                    .map(answering -> answering
                            .map(checkpoint ->
                                    Response.ok(candidate(id, checkpoint)).build())
                            .orElseGet(() -> none.get().toResponse()))
                    .orElseGet(() -> new Problem(
                                    409,
                                    "promotion_in_progress",
                                    "Another model is being loaded; wait until it answers.")
                            .with("Retry-After", "2")
                            .toResponse());
        } catch (CheckpointException e) {
            return new Problem(422, "checkpoint_refused", e.getMessage()).toResponse();
        }
    }

    private Candidate candidate(String id, java.nio.file.Path directory) {
        try {
            return candidate(id, Checkpoints.load(directory));
        } catch (CheckpointException e) {
            return new Candidate(
                    id,
                    "model",
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(e.getMessage()));
        }
    }

    private Candidate candidate(String id, Checkpoint checkpoint) {
        var provenance = checkpoint.manifest().orElseThrow().provenance();
        return new Candidate(
                id,
                "model",
                promoter.isCurrent(checkpoint),
                Optional.of(checkpoint.sha256()),
                Optional.of(provenance.step()),
                Optional.of(provenance.validationLoss()).filter(loss -> !loss.isNaN()),
                Optional.of(provenance.protocol()),
                Optional.empty());
    }
}
