package tinylm.checkpoint;

import java.util.Arrays;
import java.util.Map;
import tinylm.model.GptConfig;
import tinylm.model.ParameterShapes;
import tinylm.text.CharTokenizer;

/// What a checkpoint is made of, before it has a place.
///
/// @param weights by the names and in the shapes of `ParameterShapes`
/// @param optimizer the optimizer's state by name; empty when nothing shall be resumed
public record CheckpointContents(
        GptConfig config,
        CharTokenizer tokenizer,
        Map<String, Tensor> weights,
        Map<String, Tensor> optimizer,
        Provenance provenance) {

    public CheckpointContents {
        if (tokenizer.vocabSize() != config.vocabSize()) {
            throw new IllegalArgumentException("The tokenizer has " + tokenizer.vocabSize()
                    + " characters where the config has vocabSize " + config.vocabSize());
        }
        var shapes = ParameterShapes.of(config);
        if (!shapes.keySet().equals(weights.keySet())) {
            throw new IllegalArgumentException(
                    "The weights are named " + weights.keySet() + " where they must be named " + shapes.keySet());
        }
        for (var weight : weights.entrySet()) {
            if (!Arrays.equals(shapes.get(weight.getKey()), weight.getValue().shape())) {
                throw new IllegalArgumentException(weight.getKey() + " is a " + weight.getValue() + " where the shape "
                        + Arrays.toString(shapes.get(weight.getKey())) + " is expected");
            }
        }
    }
}
