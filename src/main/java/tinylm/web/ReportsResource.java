package tinylm.web;

import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import org.eclipse.microprofile.openapi.annotations.Operation;
import tinylm.runs.Job;
import tinylm.runs.Report;
import tinylm.runs.Runs;
import tinylm.runs.WorkerJson;

/// Where workers report. Their token opens this address for their run alone, and nothing else.
@Blocking
@Path("/internal/runs/{id}/reports")
public class ReportsResource {

    private final Runs runs;

    ReportsResource(Runs runs) {
        this.runs = runs;
    }

    @POST
    @Operation(hidden = true)
    public Report.Answer report(@PathParam("id") String id, @HeaderParam(Job.TOKEN_HEADER) String token, String body)
            throws RequestRefused {
        try {
            return runs.report(id, token == null ? "" : token, WorkerJson.read(body, Report.class));
        } catch (IllegalArgumentException e) {
            throw new RequestRefused("", "This is " + e.getMessage() + ".");
        }
    }
}
