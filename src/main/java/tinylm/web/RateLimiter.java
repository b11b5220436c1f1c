package tinylm.web;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// So many requests a minute for each of any number of subjects; a whole minute's worth may come at once. Any thread.
final class RateLimiter {

    private static final int MOST_SUBJECTS = 10_000;
    /// Shared by those for whom there is no room.
    private static final String OTHERS = "others";

    private final int perMinute;
    private final TimeMeter clock;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    RateLimiter(int perMinute, TimeMeter clock) {
        this.perMinute = perMinute;
        this.clock = clock;
    }

    int perMinute() {
        return perMinute;
    }

    /// Counts a request; if it is one too many, how long to wait for the next.
    Optional<Duration> take(String subject) {
        var probe = bucket(subject).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    /// How long to wait for the next, counting nothing.
    Optional<Duration> look(String subject) {
        var probe = bucket(subject).estimateAbilityToConsume(1);
        return probe.canBeConsumed()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    int subjects() {
        return buckets.size();
    }

    private Bucket bucket(String subject) {
        if (buckets.size() >= MOST_SUBJECTS && !buckets.containsKey(subject)) {
            buckets.values().removeIf(bucket -> bucket.getAvailableTokens() == perMinute);
            if (buckets.size() >= MOST_SUBJECTS) {
                return buckets.computeIfAbsent(OTHERS, _ -> full());
            }
        }
        return buckets.computeIfAbsent(subject, _ -> full());
    }

    private Bucket full() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, Duration.ofMinutes(1)))
                .withCustomTimePrecision(clock)
                .build();
    }
}
