package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The run's rule for every parameter: AdamW throughout, or Muon for the hidden matrices and AdamW for the rest.
final class Optimizers implements Optimizer {

    private final List<Optimizer> parts;

    Optimizers(NDManager parent, TrainingConfig config, Map<String, NDArray> parameters) {
        Map<String, NDArray> hidden = new LinkedHashMap<>();
        Map<String, NDArray> others = new LinkedHashMap<>();
        parameters.forEach(
                (name, parameter) -> (isHiddenMatrix(name, parameter) ? hidden : others).put(name, parameter));
        parts = switch (config.optimizer()) {
            case ADAMW -> List.of(new AdamW(parent, parameters, config.learningRate(), config.weightDecay()));
            case MUON ->
                List.of(
                        new Muon(parent, hidden, config.muonLearningRate(), config.weightDecay()),
                        new AdamW(parent, others, config.learningRate(), config.weightDecay()));
        };
    }

    private static boolean isHiddenMatrix(String name, NDArray parameter) {
        return name.startsWith("transformer.h.") && parameter.getShape().dimension() == 2;
    }

    @Override
    public void update(NDManager work, Map<String, NDArray> gradients, long step, double share) {
        parts.forEach(part -> part.update(work, gradients, step, share));
    }

    @Override
    public Map<String, NDArray> state() {
        Map<String, NDArray> state = new LinkedHashMap<>();
        parts.forEach(part -> state.putAll(part.state()));
        return state;
    }

    @Override
    public void close() {
        parts.forEach(Optimizer::close);
    }
}
