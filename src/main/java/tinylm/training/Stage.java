package tinylm.training;

/// A stretch of the context curriculum: windows of `contextLength` characters until `until` (0, 1] of all steps.
public record Stage(int contextLength, double until) {

    public Stage {
        if (contextLength < 1) {
            throw new IllegalArgumentException("a stage's context must be at least 1, but is " + contextLength);
        }
        if (!(until > 0 && until <= 1)) {
            throw new IllegalArgumentException("a stage must end above 0 and at most at 1, but ends at " + until);
        }
    }
}
