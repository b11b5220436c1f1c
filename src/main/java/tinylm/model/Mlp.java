package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import java.util.Map;

/// The position-wise feed-forward network: E to 4E, exact GELU (x Phi(x), Hendrycks and Gimpel 2016), back to E.
final class Mlp {

    private final Linear expand; // E -> 4E
    private final Linear project; // 4E -> E

    Mlp(String prefix, Map<String, NDArray> parameters) {
        expand = new Linear(prefix + ".c_fc", parameters);
        project = new Linear(prefix + ".c_proj", parameters);
    }

    NDArray forward(NDArray x, Dropout dropout) {
        return dropout.apply(project.forward(Activation.gelu(expand.forward(x))));
    }
}
