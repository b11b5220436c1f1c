package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;
import tinylm.model.Torch;

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), betas 0.9 and 0.95. Decays matrices only, which
/// include the embeddings.
final class AdamW implements Optimizer {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.95;
    private static final double EPSILON = 1e-8;

    private final NDManager manager;
    private final Map<String, NDArray> parameters;
    private final Map<String, NDArray> state = new LinkedHashMap<>();
    private final double learningRate;
    private final double weightDecay;

    AdamW(NDManager parent, Map<String, NDArray> parameters, double learningRate, double weightDecay) {
        this.manager = parent.newSubManager();
        this.parameters = parameters;
        this.learningRate = learningRate;
        this.weightDecay = weightDecay;
        parameters.forEach((name, parameter) -> {
            state.put("mean." + name, manager.zeros(parameter.getShape()));
            state.put("variance." + name, manager.zeros(parameter.getShape()));
        });
    }

    @Override
    public void update(NDManager work, Map<String, NDArray> gradients, long step, double share) {
        double rate = learningRate * share;
        NDArray beta1 = Torch.scalar(work, BETA1);
        NDArray beta2 = Torch.scalar(work, BETA2);
        NDArray fresh1 = Torch.scalar(work, 1 - BETA1);
        NDArray fresh2 = Torch.scalar(work, 1 - BETA2);
        NDArray rootCorrection = Torch.scalar(work, 1 / Math.sqrt(1 - Math.pow(BETA2, step + 1)));
        NDArray epsilon = Torch.scalar(work, EPSILON);
        NDArray stride = Torch.scalar(work, rate / (1 - Math.pow(BETA1, step + 1)));
        NDArray decay = Torch.scalar(work, 1 - rate * weightDecay);
        parameters.forEach((name, parameter) -> {
            NDArray mean = state.get("mean." + name);
            NDArray variance = state.get("variance." + name);
            NDArray gradient = gradients.get(name);
            mean.muli(beta1).addi(gradient.mul(fresh1));
            variance.muli(beta2).addi(gradient.mul(gradient).muli(fresh2));
            NDArray root = variance.sqrt();
            root.attach(work);
            root.muli(rootCorrection).addi(epsilon);
            if (parameter.getShape().dimension() > 1) {
                parameter.muli(decay);
            }
            NDArray direction = mean.div(root);
            direction.attach(work);
            parameter.subi(direction.muli(stride));
        });
    }

    @Override
    public Map<String, NDArray> state() {
        return state;
    }

    @Override
    public void close() {
        manager.close();
    }
}
