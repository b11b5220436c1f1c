package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import tinylm.model.Torch;

/// Keeps one bad batch from throwing the weights far (Pascanu, Mikolov and Bengio 2013).
final class GradientClip {

    private GradientClip() {}

    /// Scales all gradients by one factor so that their global norm is at most `greatest`; returns the norm before.
    static double apply(NDManager work, Map<String, NDArray> gradients, double greatest) {
        NDList squares = new NDList();
        gradients.values().forEach(gradient -> squares.add(gradient.square().sum()));
        double sum = 0;
        for (float square : NDArrays.stack(squares).toFloatArray()) {
            sum += square;
        }
        double norm = Math.sqrt(sum);
        if (norm > greatest) {
            NDArray scale = Torch.scalar(work, greatest / (norm + 1e-6));
            gradients.values().forEach(gradient -> gradient.muli(scale));
        }
        return norm;
    }
}
