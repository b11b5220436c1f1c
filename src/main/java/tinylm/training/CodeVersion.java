package tinylm.training;

/// Version of the code that trains, as checkpoints quote it.
public final class CodeVersion {

    public static final String CURRENT = "0.1.0";

    private CodeVersion() {}
}
