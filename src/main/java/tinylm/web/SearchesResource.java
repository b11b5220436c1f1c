package tinylm.web;

import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.runs.Grid;
import tinylm.runs.Run;
import tinylm.runs.Runs;

/// `/v1/searches`: many runs at once, for the values that do best.
@Blocking
@Path("/v1/searches")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class SearchesResource {

    private static final long MOST_SEED = 1L << 53;

    private final Runs runs;

    SearchesResource(Runs runs) {
        this.runs = runs;
    }

    @POST
    @Operation(
            summary = "Queues a run for each combination of values, or for some at random",
            description =
                    "{\"preset\": \"demo\", \"corpus\": \"tinyshakespeare\", \"config\": {\"steps\": 400}, \"grid\":"
                            + " {\"dropout\": [0, 0.1], \"seed\": [1, 2]}, \"sample\": 3}; in place of the preset, \"original\""
                            + " names a run whose config it begins with. All are queued, or none; 100 at most. The sample is"
                            + " chosen by \"seed\", 1 unless told.")
    @APIResponse(responseCode = "201", description = "They are queued, the first is worked on first")
    public Response start(String body) throws RequestRefused {
        var fields = JsonFields.parse(body);
        fields.mayHave("A search", Set.of("name", "preset", "original", "corpus", "config", "grid", "sample", "seed"));
        var started = start(fields);
        var all = runs.list();
        return Response.status(Response.Status.CREATED)
                .entity(new RunBody.Page(
                        started.stream().map(run -> RunBody.of(run, all)).toList()))
                .build();
    }

    private List<Run> start(JsonFields fields) throws RequestRefused {
        var name = fields.text("name");
        var corpus = fields.text("corpus");
        var config = fields.values("config");
        var grid = grid(fields);
        var original = fields.text("original");
        if (original.isEmpty()) {
            return runs.search(
                    name,
                    fields.required("preset", fields.text("preset")),
                    fields.required("corpus", corpus),
                    config,
                    grid);
        }
        if (fields.text("preset").isPresent()) {
            throw new RequestRefused("preset", "A search begins with a preset or with an original, not with both.");
        }
        return runs.searchAround(original.get(), name, corpus, config, grid);
    }

    private static Grid grid(JsonFields fields) throws RequestRefused {
        fields.required("grid", fields.fields("grid"));
        Map<String, List<Object>> values = new LinkedHashMap<>();
        for (var field : fields.values("grid").entrySet()) {
            if (!(field.getValue() instanceof List<?> several)) {
                throw new RequestRefused(
                        "grid." + field.getKey(),
                        "A field of a grid is a list of values, as in {\"dropout\": [0, 0.1]}.");
            }
            values.put(field.getKey(), new ArrayList<>(several));
        }
        var sample = fields.whole("sample", 1, Grid.MOST);
        return new Grid(
                values,
                sample.isPresent() ? OptionalInt.of(sample.get().intValue()) : OptionalInt.empty(),
                fields.whole("seed", 0, MOST_SEED).orElse(1L));
    }
}
