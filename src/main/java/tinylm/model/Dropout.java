package tinylm.model;

import ai.djl.ndarray.NDArray;

/// What happens to an activation while training (Srivastava et al. 2014); nothing while evaluating or generating.
@FunctionalInterface
public interface Dropout {

    Dropout NONE = x -> x;

    /// `x` with some elements zeroed and the rest scaled so that the mean stays; same shape.
    NDArray apply(NDArray x);
}
