package tinylm.inference;

/// What the engine says to a request for a completion.
public sealed interface Admission {

    record Accepted(Generation generation) implements Admission {}

    /// @param limit how many sequences may be active or waiting
    record QueueFull(int limit) implements Admission {}

    /// The engine ends and takes nothing more.
    record Closing() implements Admission {}
}
