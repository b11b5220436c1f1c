package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Optional;
import tinylm.inference.LoadedModel;

/// OpenAI's `model` object, and what else there is to know.
///
/// @param created seconds since 1970
/// @param validationLoss nats per character by `protocol`
/// @param checkpoint SHA-256 of the weights
/// @param numerics where this is the same too, the same request gives the same text
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record ModelBody(
        String id,
        String object,
        long created,
        String ownedBy,
        long parameters,
        Optional<Double> validationLoss,
        String protocol,
        int contextLength,
        String alphabet,
        String checkpoint,
        String numerics) {

    /// All there are, in OpenAI's list.
    record Models(String object, List<?> data) {

        static Models of(List<?> data) {
            return new Models("list", data);
        }
    }

    static ModelBody of(LoadedModel model) {
        var info = ModelInfo.of(model.checkpoint());
        var provenance = model.checkpoint().manifest().orElseThrow().provenance();
        return new ModelBody(
                info.name(),
                "model",
                provenance.created().getEpochSecond(),
                "tinylm",
                info.parameters(),
                Optional.of(info.validationLoss()).filter(loss -> !loss.isNaN()),
                info.protocol(),
                info.contextLength(),
                info.alphabet(),
                model.checkpoint().sha256(),
                model.numerics());
    }
}
