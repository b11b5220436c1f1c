package tinylm.runs;

import java.time.Instant;

/// Knows when the time of each schedule has come.
public interface Alarm {

    /// Has the schedule fire at its times from now on. What is set already stays as it is, with what it missed.
    void set(Schedule schedule);

    /// Has it fire no more. Does nothing when it does not.
    void cancel(String id);

    /// Begins to fire.
    void start(Listener listener);

    interface Listener {

        /// The time has come. A server that ended in the middle may have heard the same time before.
        void fire(String id, Instant time);

        /// Times passed while no server was there, and the schedule wants nothing to be done about it.
        void missed(String id);
    }
}
