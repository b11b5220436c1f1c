package tinylm.web;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import tinylm.training.Preset;

/// `/v1/presets`: configs worth starting from.
@Path("/v1/presets")
public class PresetsResource {

    record PresetBody(String name, String about, long parameters, Map<String, Object> config) {

        static PresetBody of(Preset preset) {
            var config = preset.config();
            return new PresetBody(
                    preset.name().toLowerCase(Locale.ROOT),
                    preset.about(),
                    config.model().parameterCount(),
                    config.toMap());
        }
    }

    record Presets(List<PresetBody> data) {}

    @GET
    @Operation(summary = "Configs worth starting from; parameters are counted for 65 characters")
    public Presets list() {
        return new Presets(Arrays.stream(Preset.values()).map(PresetBody::of).toList());
    }
}
