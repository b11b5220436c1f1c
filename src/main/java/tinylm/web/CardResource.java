package tinylm.web;

import io.smallrye.common.annotation.Blocking;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.card.CardMarkdown;
import tinylm.card.CheckpointZip;
import tinylm.card.Curve;
import tinylm.card.CurveSvg;
import tinylm.card.FileName;
import tinylm.card.MetricsTable;
import tinylm.runs.RunState;
import tinylm.runs.Runs;
import tinylm.store.CheckpointStore;

/// What a run leaves behind for people to take along: its report card, its measurements, its weights.
@Blocking
@Path("/v1/runs/{id}")
public class CardResource {

    private static final String COLUMNS = "A row for each step, in order; where the model was evaluated after it, the"
            + " evaluation is in the same row. Names say the units. Every number has all its digits (pandas keeps them"
            + " with ";
    /// The drawing brings a style, and nothing else.
    private static final String DRAWING_POLICY =
            "default-src 'none'; style-src '" + hash(CurveSvg.STYLE) + "'; frame-ancestors 'none'";

    private final Runs runs;
    /// An archive is made in memory and on disk: one at a time.
    private final ReentrantLock oneArchive = new ReentrantLock();

    CardResource(Runs runs) {
        this.runs = runs;
    }

    @GET
    @Path("report")
    @Produces("text/markdown;charset=UTF-8")
    @Operation(
            summary = "The run's report card, in Markdown",
            description = "Losses, curve, samples, config, checkpoints' SHA-256, the workers' environment, every change"
                    + " of state, and the command that trains the same again. Of a run that has not begun it says what"
                    + " is not there yet.")
    public Response report(@PathParam("id") String id) {
        return file(CardMarkdown.of(runs, id, Instant.now()), name(id) + ".md").build();
    }

    @GET
    @Path("curve.svg")
    @Produces("image/svg+xml")
    @Operation(summary = "Training and validation loss by step, drawn")
    public Response curve(@PathParam("id") String id, @Context HttpServerResponse response) {
        var run = runs.get(id);
        response.putHeader("Content-Security-Policy", DRAWING_POLICY); // in place of the one of every page
        return Response.ok(CurveSvg.of(Curve.of(runs, run), run.order().name()))
                .header("Content-Disposition", "inline; filename=\"" + name(id) + "-curve.svg\"")
                .build();
    }

    @GET
    @Path("metrics.csv")
    @Produces("text/csv;charset=UTF-8")
    @Operation(
            summary = "Every measurement as CSV",
            description = COLUMNS + "read_csv(..., float_precision=\"round_trip\")).")
    public Response csv(@PathParam("id") String id) {
        var name = name(id);
        return file((StreamingOutput) out -> MetricsTable.writeCsv(runs, id, out), name + "-metrics.csv")
                .build();
    }

    @GET
    @Path("metrics.json")
    @Produces("application/json")
    @Operation(
            summary = "Every measurement as JSON, an array of the CSV's rows",
            description = COLUMNS + "read_json(..., precise_float=True)). What was not measured is left out.")
    public Response json(@PathParam("id") String id) {
        var name = name(id);
        return file((StreamingOutput) out -> MetricsTable.writeJson(runs, id, out), name + "-metrics.json")
                .build();
    }

    @GET
    @Path("checkpoint.zip")
    @Produces("application/zip")
    @Operation(
            summary = "A checkpoint without its optimizer: a folder that Hugging Face transformers opens",
            description = "Verified before the first byte is sent. A checkpoint that does not verify is passed over.")
    @APIResponse(responseCode = "200", description = "The archive")
    @APIResponse(responseCode = "400", description = "which is another")
    @APIResponse(responseCode = "404", description = "There is no such run, or it has none")
    @APIResponse(responseCode = "422", description = "None verifies; the sentence says why")
    public Response checkpoint(
            @PathParam("id") String id,
            @Parameter(
                            description = "The best is that of the lowest validation loss",
                            schema =
                                    @Schema(
                                            enumeration = {"best", "last"},
                                            defaultValue = "best"))
                    @QueryParam("which")
                    String which)
            throws IOException, RequestRefused {
        var chosen = which(which);
        var name = name(id);
        return switch (archive(id, chosen, name)) {
            case CheckpointZip.Result.Ready ready ->
                file(ready.content(), "%s-step-%d.zip".formatted(name, ready.step()))
                        .header("Content-Length", ready.bytes())
                        .build();
            case CheckpointZip.Result.None _ ->
                new Problem(
                                404,
                                "checkpoint_not_found",
                                runs.get(id).state() == RunState.CANCELLED
                                        ? "The checkpoints of this run were deleted when it was cancelled."
                                        : "This run has saved no checkpoint yet; it saves at each evaluation and when"
                                                + " it stops.")
                        .toResponse();
            case CheckpointZip.Result.Corrupt(String sentence) ->
                new Problem(422, "checkpoint_refused", "No checkpoint of this run verifies: " + sentence).toResponse();
        };
    }

    private CheckpointZip.Result archive(String id, CheckpointZip.Which which, String name) throws IOException {
        oneArchive.lock();
        try {
            return CheckpointZip.of(runs.read(id, CheckpointStore.CHECKPOINTS), which, name);
        } finally {
            oneArchive.unlock();
        }
    }

    private static CheckpointZip.Which which(String asked) throws RequestRefused {
        return switch (asked) {
            case null -> CheckpointZip.Which.BEST;
            case "best" -> CheckpointZip.Which.BEST;
            case "last" -> CheckpointZip.Which.LAST;
            default -> throw new RequestRefused("which", "A run has two checkpoints to download, best and last.");
        };
    }

    private String name(String id) {
        return FileName.of(runs.get(id));
    }

    /// @param name of letters, digits, '-' and '.' alone
    private static Response.ResponseBuilder file(Object content, String name) {
        return Response.ok(content).header("Content-Disposition", "attachment; filename=\"" + name + "\"");
    }

    private static String hash(String style) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
