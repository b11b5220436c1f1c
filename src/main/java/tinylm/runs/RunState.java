package tinylm.runs;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Where a run is in its life.
public enum RunState {
    /// Waits for a worker.
    QUEUED,
    /// Its worker has been started and has not reported yet.
    STARTING,
    RUNNING,
    /// Its worker holds no model, and waits; a Job has ended.
    PAUSED,
    /// Its worker has been asked to save and end.
    STOPPING,
    /// Ended before its last step because somebody asked; can be resumed.
    STOPPED,
    /// Ended by itself before its last step; the reason says why.
    FAILED,
    /// Its worker is lost.
    INTERRUPTED,
    /// Has done all its steps.
    SUCCEEDED,
    /// Given up: its checkpoints are deleted, its curve stays.
    CANCELLED;

    /// The states that may follow.
    public Set<RunState> next() {
        return switch (this) {
            case QUEUED -> EnumSet.of(STARTING, STOPPED, FAILED, CANCELLED);
            case STARTING -> EnumSet.of(QUEUED, RUNNING, PAUSED, STOPPING, STOPPED, SUCCEEDED, FAILED, INTERRUPTED);
            case RUNNING -> EnumSet.of(QUEUED, PAUSED, STOPPING, STOPPED, SUCCEEDED, FAILED, INTERRUPTED);
            case PAUSED -> EnumSet.of(QUEUED, RUNNING, STOPPING, STOPPED, FAILED, INTERRUPTED, CANCELLED);
            case STOPPING -> EnumSet.of(STOPPED, SUCCEEDED, FAILED, CANCELLED);
            case INTERRUPTED -> EnumSet.of(QUEUED, STOPPED, FAILED, CANCELLED);
            case STOPPED, FAILED -> EnumSet.of(QUEUED, CANCELLED);
            case SUCCEEDED -> EnumSet.of(QUEUED);
            case CANCELLED -> EnumSet.noneOf(RunState.class);
        };
    }

    /// Whether nothing happens to the run any more unless somebody asks.
    boolean hasEnded() {
        return switch (this) {
            case STOPPED, FAILED, SUCCEEDED, CANCELLED -> true;
            case QUEUED, STARTING, RUNNING, PAUSED, STOPPING, INTERRUPTED -> false;
        };
    }

    /// The names of those that have ended, for a database.
    static List<String> ended() {
        return Arrays.stream(values())
                .filter(RunState::hasEnded)
                .map(RunState::name)
                .toList();
    }
}
