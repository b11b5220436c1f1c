package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.runs.ProcessLauncher;
import tinylm.runs.Report;
import tinylm.runs.Run;
import tinylm.runs.RunChange;
import tinylm.runs.Runs;

/// `/v1/runs`: managed training.
@Blocking
@Path("/v1/runs")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class RunsResource {

    private static final int LONGEST_LOG = 200_000;

    private final Runs runs;

    RunsResource(Runs runs) {
        this.runs = runs;
    }

    record Metrics(List<Report.Step> steps, List<EvaluationBody> evaluations) {}

    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record EvaluationBody(long step, OptionalDouble trainLoss, double valLoss, double seconds) {

        static EvaluationBody of(Report.Evaluation one) {
            return new EvaluationBody(one.step(), one.trainLoss(), one.validationLoss(), one.seconds());
        }
    }

    record Samples(List<Report.Sample> data) {}

    record Changes(List<RunChange> data) {}

    record Checkpoints(List<KeptBody> data) {}

    /// @param model as a request names it
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record KeptBody(String model, long step, OptionalDouble valLoss, String sha256) {

        static KeptBody of(String run, Report.Kept one) {
            return new KeptBody(run + "@" + one.step(), one.step(), one.validationLoss(), one.sha256());
        }
    }

    @GET
    @Operation(summary = "All runs, the newest first")
    public RunBody.Page list() {
        var all = runs.list();
        return new RunBody.Page(all.stream().map(run -> RunBody.of(run, all)).toList());
    }

    @POST
    @Operation(
            summary = "Queues a new run",
            description =
                    "{\"preset\": \"demo\", \"corpus\": \"tinyshakespeare\", \"name\": \"...\", \"config\": {\"steps\":"
                            + " 800, \"nHead\": 4}}: of config, only what differs from the preset.")
    @APIResponse(responseCode = "201", description = "It is queued")
    public Response start(String body) throws RequestRefused {
        var fields = JsonFields.parse(body);
        fields.mayHave("A run", Set.of("name", "preset", "corpus", "config"));
        var run = runs.start(
                fields.text("name"),
                fields.required("preset", fields.text("preset")),
                fields.required("corpus", fields.text("corpus")),
                fields.values("config"));
        return created(run);
    }

    @GET
    @Path("{id}")
    @Operation(summary = "One run")
    public RunBody get(@PathParam("id") String id) {
        return body(runs.get(id));
    }

    @POST
    @Path("{id}/pause")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Has the worker save, free its memory and wait")
    public Response pause(@PathParam("id") String id) {
        return accepted(runs.pause(id));
    }

    @POST
    @Path("{id}/resume")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Lets a run go on that is paused, stopped, failed or interrupted")
    public Response resume(@PathParam("id") String id) {
        return accepted(runs.resume(id));
    }

    @POST
    @Path("{id}/stop")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Has the worker save and end")
    public Response stop(@PathParam("id") String id) {
        return accepted(runs.stop(id));
    }

    @POST
    @Path("{id}/cancel")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Ends a run and deletes its checkpoints; its curve, samples and log stay")
    public Response cancel(@PathParam("id") String id) {
        return accepted(runs.cancel(id));
    }

    @POST
    @Path("{id}/extend")
    @Operation(summary = "Queues a run that has ended for more steps", description = "{\"steps\": 500}")
    public Response extend(@PathParam("id") String id, String body) throws RequestRefused {
        var fields = JsonFields.parse(body);
        return accepted(runs.extend(id, fields.required("steps", fields.whole("steps", 1, Runs.MOST_STEPS))));
    }

    @POST
    @Path("{id}/clone")
    @Operation(
            summary = "Queues a new run with this one's config, and changes",
            description = "{\"config\": {\"seed\": 2}}; a name and another corpus are allowed, too.")
    @APIResponse(responseCode = "201", description = "It is queued")
    public Response clone(@PathParam("id") String id, String body) throws RequestRefused {
        var fields = JsonFields.parse(body);
        fields.mayHave("A clone", Set.of("name", "corpus", "config"));
        var run = runs.clone(id, fields.text("name"), fields.text("corpus"), fields.values("config"));
        return created(run);
    }

    @GET
    @Path("{id}/metrics")
    @Operation(summary = "Every step and evaluation after the step `from`")
    public Metrics metrics(@PathParam("id") String id, @QueryParam("from") Optional<String> from)
            throws RequestRefused {
        runs.get(id);
        if (!from.orElse("0").matches("-?[0-9]{1,18}")) {
            throw new RequestRefused("from", "from must be a whole number, as in ?from=400.");
        }
        long after = from.map(Long::parseLong).orElse(-1L);
        return new Metrics(
                runs.steps(id, after),
                runs.evaluations(id, after).stream().map(EvaluationBody::of).toList());
    }

    @GET
    @Path("{id}/samples")
    @Operation(summary = "What the model wrote at each evaluation")
    public Samples samples(@PathParam("id") String id) {
        runs.get(id);
        return new Samples(runs.samples(id, -1));
    }

    @GET
    @Path("{id}/checkpoints")
    @Operation(
            summary = "Its checkpoints from the first step on",
            description = "POST /v1/completions with the model run@step asks one of them.")
    public Checkpoints checkpoints(@PathParam("id") String id) {
        return new Checkpoints(
                runs.checkpoints(id).stream().map(one -> KeptBody.of(id, one)).toList());
    }

    @GET
    @Path("{id}/changes")
    @Operation(summary = "Every change of its state, with time and reason")
    public Changes changes(@PathParam("id") String id) {
        return new Changes(runs.changes(id));
    }

    @GET
    @Path("{id}/log")
    @Produces(MediaType.TEXT_PLAIN)
    @Operation(summary = "The end of what the workers said")
    public String log(@PathParam("id") String id) throws IOException {
        var file = runs.read(id, ProcessLauncher.LOG::equals).resolve(ProcessLauncher.LOG);
        if (!Files.isReadable(file)) {
            return "";
        }
        try (var log = new RandomAccessFile(file.toFile(), "r")) {
            log.seek(Math.max(0, log.length() - LONGEST_LOG));
            var end = new byte[(int) (log.length() - log.getFilePointer())];
            log.readFully(end);
            return new String(end, StandardCharsets.UTF_8);
        }
    }

    private RunBody body(Run run) {
        return RunBody.of(run, runs.list());
    }

    private Response created(Run run) {
        return Response.status(Response.Status.CREATED)
                .header("Location", "/v1/runs/" + run.id())
                .entity(body(run))
                .build();
    }

    private Response accepted(Run run) {
        return Response.accepted(body(run)).build();
    }
}
