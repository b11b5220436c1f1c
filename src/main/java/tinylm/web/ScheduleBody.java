package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tinylm.runs.Cron;
import tinylm.runs.CronWords;
import tinylm.runs.Schedule;
import tinylm.runs.Schedules;

/// A schedule as the API shows it.
///
/// @param words the cron expression in English, where it is a common one
/// @param nextFireTimes ISO 8601 with the zone's offset; none while it is paused
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record ScheduleBody(
        String id,
        String name,
        String preset,
        String corpus,
        Map<String, Object> config,
        String cron,
        Optional<String> words,
        String timeZone,
        Schedule.Overlap overlap,
        Schedule.Missed missed,
        boolean paused,
        List<String> nextFireTimes,
        Instant createdAt,
        Optional<Instant> lastFiredAt,
        Optional<String> lastRun,
        String lastOutcome) {

    private static final int NEXT = 5;

    record Page(List<ScheduleBody> data) {}

    /// What can be told of a schedule that is not there yet.
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record Preview(Optional<String> words, List<String> nextFireTimes) {

        static Preview of(Cron cron, ZoneId zone, Schedules schedules) {
            var next = schedules.next(cron, zone, NEXT);
            if (next.isEmpty()) {
                throw Schedules.neverHappens();
            }
            return new Preview(CronWords.of(cron), times(next, zone));
        }
    }

    static ScheduleBody of(Schedule schedule, Schedules schedules) {
        var order = schedule.order();
        var timing = schedule.timing();
        return new ScheduleBody(
                schedule.id(),
                order.name(),
                order.preset(),
                order.corpus(),
                order.config(),
                timing.cron().text(),
                CronWords.of(timing.cron()),
                timing.zone().getId(),
                timing.overlap(),
                timing.missed(),
                schedule.paused(),
                times(schedules.next(schedule, NEXT), timing.zone()),
                schedule.createdAt(),
                schedule.last().firedAt(),
                schedule.last().run(),
                schedule.last().outcome());
    }

    private static List<String> times(List<Instant> times, ZoneId zone) {
        return times.stream()
                .map(time -> time.atZone(zone).toOffsetDateTime().toString())
                .toList();
    }
}
