package tinylm.runs;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Runs that are started by the clock, as the database holds it.
public record Schedule(String id, Order order, Timing timing, boolean paused, Instant createdAt, Last last) {

    /// What each run is asked for.
    ///
    /// @param corpus its name; each run learns the text that has it then
    /// @param config only what differs from the preset
    public record Order(String name, String preset, String corpus, Map<String, Object> config) {

        public Order {
            config = Collections.unmodifiableMap(new LinkedHashMap<>(config)); // may hold nulls, to be refused
        }
    }

    public record Timing(Cron cron, ZoneId zone, Overlap overlap, Missed missed) {}

    /// What is done when the time has come and a run of this schedule has not ended.
    public enum Overlap {
        /// No new one is started.
        SKIP,
        /// A new one is queued, too.
        QUEUE,
        /// It is stopped, and a new one is queued.
        REPLACE
    }

    /// What is done about times at which no server was there.
    public enum Missed {
        /// One run is started for all of them, as soon as a server is there.
        FIRE_ONCE,
        /// Nothing.
        SKIP
    }

    /// What happened last.
    ///
    /// @param run the newest that it started
    /// @param outcome a sentence; empty before anything happened
    public record Last(Optional<Instant> firedAt, Optional<String> run, String outcome) {

        static final Last NOTHING = new Last(Optional.empty(), Optional.empty(), "");
    }

    Schedule with(Order other, Timing another) {
        return new Schedule(id, other, another, paused, createdAt, last);
    }

    Schedule paused(boolean other) {
        return new Schedule(id, order, timing, other, createdAt, last);
    }

    Schedule with(Last other) {
        return new Schedule(id, order, timing, paused, createdAt, other);
    }
}
