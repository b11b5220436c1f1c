package tinylm.training;

/// How the learning rate falls after the warm-up: along half a cosine to a tenth of the peak, or straight to zero.
public enum DecayShape {
    COSINE,
    LINEAR
}
