package tinylm.runs;

import java.time.Instant;

/// That a run's state changed.
public record RunChange(Instant at, RunState from, RunState to, String reason) {}
