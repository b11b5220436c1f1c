package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import tinylm.runs.PresetCosts;
import tinylm.training.Preset;

/// `/v1/presets`: configs worth starting from.
@Path("/v1/presets")
public class PresetsResource {

    private final PresetCosts costs;

    PresetsResource(PresetCosts costs) {
        this.costs = costs;
    }

    /// @param cost on this machine, where it was measured
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record PresetBody(
            String name, String about, long parameters, Optional<PresetCosts.Cost> cost, Map<String, Object> config) {

        static PresetBody of(Preset preset, Map<String, PresetCosts.Cost> costs) {
            var config = preset.config();
            var name = preset.name().toLowerCase(Locale.ROOT);
            return new PresetBody(
                    name,
                    preset.about(),
                    config.model().parameterCount(),
                    Optional.ofNullable(costs.get(name)),
                    config.toMap());
        }
    }

    /// @param isMeasuring whether the costs are being measured
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record Presets(List<PresetBody> data, boolean isMeasuring, Optional<Instant> measuredAt) {}

    @GET
    @Operation(
            summary = "Configs worth starting from; parameters are counted for 65 characters",
            description = "cost: seconds of training and bytes of memory, as they were measured on this machine.")
    public Presets list() {
        boolean isMeasuring = costs.isMeasuring(); // before what it has written is read
        var last = costs.last();
        var known = last.map(PresetCosts.Measured::costs).orElse(Map.of());
        return new Presets(
                Arrays.stream(Preset.values())
                        .map(preset -> PresetBody.of(preset, known))
                        .toList(),
                isMeasuring,
                last.map(measured -> Instant.ofEpochMilli(measured.epochMillis())));
    }

    @Blocking
    @POST
    @Path("measure")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "Begins to measure what the presets cost on this machine; takes about a minute")
    @APIResponse(responseCode = "202", description = "It is under way; GET /v1/presets says when it is done")
    @APIResponse(responseCode = "409", description = "A run is being worked on")
    public Response measure() {
        costs.measure();
        return Response.accepted(list()).build();
    }
}
