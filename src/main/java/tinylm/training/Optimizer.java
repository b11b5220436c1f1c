package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/// A rule that moves parameters against their gradients, in place. Owned by the training thread.
interface Optimizer extends AutoCloseable {

    /// One update.
    ///
    /// @param work owner of what is computed on the way
    /// @param gradients by parameter name, already clipped; they may be overwritten
    /// @param step updates done before
    /// @param share of the peak learning rate
    void update(NDManager work, Map<String, NDArray> gradients, long step, double share);

    /// What must be kept to go on exactly, by name; the arrays themselves, to be read or overwritten.
    Map<String, NDArray> state();

    @Override
    void close();
}
