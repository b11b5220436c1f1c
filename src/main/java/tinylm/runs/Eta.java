package tinylm.runs;

/// How long a run still takes, in seconds.
///
/// @param low at the fastest of the paces that it had of late
/// @param high at the slowest
public record Eta(double seconds, double low, double high) {}
