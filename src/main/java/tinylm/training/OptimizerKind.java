package tinylm.training;

/// Which rule moves the hidden matrices. Embeddings, biases and norms always get AdamW.
public enum OptimizerKind {
    ADAMW,
    MUON
}
