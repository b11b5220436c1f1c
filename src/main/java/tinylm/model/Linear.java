package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/// y = x W + b with W (in, out), the layout of Hugging Face's GPT-2.
final class Linear {

    private final NDArray weight;
    private final NDArray bias;

    Linear(String prefix, Map<String, NDArray> parameters) {
        weight = parameters.get(prefix + ".weight");
        bias = parameters.get(prefix + ".bias");
    }

    NDArray forward(NDArray x) {
        return x.matMul(weight).addi(bias); // (…, in) -> (…, out)
    }

    NDManager manager() {
        return weight.getManager();
    }
}
