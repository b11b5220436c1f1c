package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                // clocks go from 02:00 to 03:00 on 29 March 2026
                "0 2 * * *    | 2026-03-28T12:00Z | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00",
                "30 2 * * *   | 2026-03-28T12:00Z | 2026-03-29T03:30+02:00 2026-03-30T02:30+02:00",
                "0 3 * * *    | 2026-03-28T12:00Z | 2026-03-29T03:00+02:00 2026-03-30T03:00+02:00",
                "10,50 2 * * *| 2026-03-28T12:00Z | 2026-03-29T03:10+02:00 2026-03-29T03:50+02:00 2026-03-30T02:10+02:00",
                "0 2,3 * * *  | 2026-03-28T12:00Z | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00",
                "0 * * * *    | 2026-03-28T23:30Z | 2026-03-29T01:00+01:00 2026-03-29T03:00+02:00 2026-03-29T04:00+02:00",
                "30 * * * *   | 2026-03-28T23:59Z | 2026-03-29T01:30+01:00 2026-03-29T03:30+02:00 2026-03-29T04:30+02:00",
                "*/30 * * * * | 2026-03-29T00:30Z | 2026-03-29T03:00+02:00 2026-03-29T03:30+02:00 2026-03-29T04:00+02:00",
                "0 0 * * *    | 2026-03-28T12:00Z | 2026-03-29T00:00+01:00 2026-03-30T00:00+02:00",
                // and from 03:00 to 02:00 on 25 October
                "0 2 * * *    | 2026-10-24T12:00Z | 2026-10-25T02:00+02:00 2026-10-26T02:00+01:00",
                "30 2 * * *   | 2026-10-25T00:45Z | 2026-10-26T02:30+01:00 2026-10-27T02:30+01:00",
                "0 3 * * *    | 2026-10-24T12:00Z | 2026-10-25T03:00+01:00 2026-10-26T03:00+01:00",
                "30 2,3 * * * | 2026-10-24T12:00Z | 2026-10-25T02:30+02:00 2026-10-25T03:30+01:00 2026-10-26T02:30+01:00",
                "0 * * * *    | 2026-10-24T23:30Z | 2026-10-25T02:00+02:00 2026-10-25T02:00+01:00 2026-10-25T03:00+01:00",
                "*/30 * * * * | 2026-10-25T00:00Z | 2026-10-25T02:30+02:00 2026-10-25T02:00+01:00 2026-10-25T02:30+01:00",
                "0 */2 * * *  | 2026-10-24T22:30Z | 2026-10-25T02:00+02:00 2026-10-25T02:00+01:00 2026-10-25T04:00+01:00"
            })
    void when_clocks_change_nothing_is_left_out_and_nothing_happens_twice(String cron, String after, String times) {
        var expected = List.of(times.split(" "));
        assertEquals(expected, next(cron, Instant.parse(after.replace("Z", ":00Z")), BERLIN, expected.size()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // half an hour forward at 02:00 on 4 October 2026
                "20,40 2 * * * | Australia/Lord_Howe | 2026-10-03T12:00:00Z | 2026-10-04T02:40+11:00 2026-10-04T02:50+11:00",
                // midnight of 6 September 2026 does not exist
                "0 0 * * *     | America/Santiago    | 2026-09-05T12:00:00Z | 2026-09-06T01:00-03:00 2026-09-07T00:00-03:00",
                // 23:00 to midnight comes twice on 4 April 2026
                "0 0 * * *     | America/Santiago    | 2026-04-04T12:00:00Z | 2026-04-05T00:00-04:00 2026-04-06T00:00-04:00",
                "30 23 * * *   | America/Santiago    | 2026-04-04T12:00:00Z | 2026-04-04T23:30-03:00 2026-04-05T23:30-04:00"
            })
    void other_zones_change_otherwise(String cron, String zone, String after, String times) {
        var expected = List.of(times.split(" "));
        assertEquals(expected, next(cron, Instant.parse(after), ZoneId.of(zone), expected.size()));
    }

    /// Compares with a clock that is looked at every minute of a year.
    @ParameterizedTest
    @ValueSource(strings = {"*/15 * * * *", "7 * * * *", "0 */6 * * *"})
    void every_hour_means_every_hour_that_passes(String cron) {
        var minutes = cron.startsWith("*/15") ? 15 : 60;
        var hours = cron.contains("*/6") ? 6 : 1;
        var expected = new ArrayList<Instant>();
        var end = Instant.parse("2026-12-31T00:00:00Z");
        for (var time = Instant.parse("2026-01-01T00:00:00Z"); time.isBefore(end); time = time.plusSeconds(60)) {
            var local = time.atZone(BERLIN);
            int minute = cron.startsWith("7") ? local.getMinute() - 7 : local.getMinute();
            if (minute % minutes == 0 && local.getHour() % hours == 0) {
                expected.add(time);
            }
        }
        var first = Instant.parse("2025-12-31T23:59:59Z");
        assertEquals(expected, Cron.parse(cron).next(first, BERLIN, expected.size()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 2 * * 1         | 2026-01-05 2026-01-12", // a Monday
                "0 2 * * 0         | 2026-01-04 2026-01-11",
                "0 2 * * 7         | 2026-01-04 2026-01-11",
                "0 2 * * sun       | 2026-01-04 2026-01-11",
                "0 2 * * 5-7       | 2026-01-02 2026-01-03 2026-01-04 2026-01-09",
                "0 2 * * FRI-MON   | 2026-01-02 2026-01-03 2026-01-04 2026-01-05 2026-01-09",
                "0 2 * * */2       | 2026-01-01 2026-01-03 2026-01-04 2026-01-06 2026-01-08",
                "0 2 * * 1/2       | 2026-01-02 2026-01-05 2026-01-07 2026-01-09",
                "0 2 13 * *        | 2026-01-13 2026-02-13",
                "0 2 13 * 5        | 2026-01-02 2026-01-09 2026-01-13 2026-01-16",
                "0 2 29 2 *        | 2028-02-29 2032-02-29",
                "0 2 * JAN,mar 6   | 2026-01-03 2026-01-10",
                "0 0 2 ? * 2       | 2026-01-05 2026-01-12",
                "0 0 2 * * MON     | 2026-01-05 2026-01-12",
                "0 0 2 L * ?       | 2026-01-31 2026-02-28",
                "0 0 2 LW * ?      | 2026-01-30 2026-02-27",
                "0 0 2 ? * 6L      | 2026-01-30 2026-02-27",
                "0 0 2 ? * FRI#2   | 2026-01-09 2026-02-13",
                "0 0 2 1 1 ? 2030  | 2030-01-01",
                "0 0 2 1 1 ? *     | 2026-01-01 2027-01-01"
            })
    void days_are_those_of_unix_with_five_fields_and_those_of_quartz_with_more(String cron, String days) {
        var expected = List.of(days.split(" "));
        assertEquals(
                expected,
                next(cron, Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC, expected.size()).stream()
                        .map(time -> time.substring(0, 10))
                        .toList());
    }

    @Test
    void nicknames_are_known() {
        var after = Instant.parse("2026-01-01T00:30:00Z");
        var first = Map.of(
                "@hourly", "2026-01-01T01:00Z",
                "@daily", "2026-01-02T00:00Z",
                "@weekly", "2026-01-04T00:00Z",
                "@monthly", "2026-02-01T00:00Z",
                "@Yearly", "2027-01-01T00:00Z");
        first.forEach((name, time) -> assertEquals(List.of(time), next(name, after, ZoneOffset.UTC, 1)));
    }

    @Test
    void what_never_happens_has_no_next_time() {
        for (var cron : List.of("0 0 30 2 *", "0 0 0 * * ? 2000")) {
            assertEquals(List.of(), next(cron, Instant.parse("2026-01-01T00:00:00Z"), BERLIN, 5));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "60 2 * * *       | minutes          | 0 to 59",
                "-1 2 * * *       | minutes          | 0 to 59",
                "99999999999 2 * * * | minutes       | 0 to 59",
                "*/0 2 * * *      | minutes          | 0 to 59",
                "*/60 2 * * *     | minutes          | 0 to 59",
                "1,,2 2 * * *     | minutes          | 0 to 59",
                "1- 2 * * *       | minutes          | 0 to 59",
                "1-2-3 2 * * *    | minutes          | 0 to 59",
                "1/2/3 2 * * *    | minutes          | 0 to 59",
                "x 2 * * *        | minutes          | 0 to 59",
                "0 24 * * *       | hours            | 0 to 23",
                "0 ? * * *        | hours            | 0 to 23",
                "0 2 0 * *        | days of the month | 1 to 31",
                "0 2 32 * *       | days of the month | 1 to 31",
                "0 2 L-40 * *     | days of the month | 1 to 31",
                "0 2 * 13 *       | months           | 1 to 12 or JAN to DEC",
                "0 2 * * 8        | days of the week | 0 to 7 or SUN to SAT",
                "0 2 * * 5#2      | days of the week | 0 to 7 or SUN to SAT",
                "60 0 2 * * ?     | seconds          | 0 to 59",
                "0 0 2 ? * 0      | days of the week | 1 to 7 or SUN to SAT",
                "0 0 2 ? * MON#9  | days of the week | 1 to 7 or SUN to SAT",
                "0 0 2 * * ? 1066 | years            | 1970 to 2099",
                "0 0 2 * * ? 2030-2020 | years       | 1970 to 2099",
                "0 0 2 1 * 2      | days of the week | ? or *",
                "0 2 * *          | five fields      | has 4",
                "\"\"             | five fields      | has 0",
                "@fortnightly     | five fields      | has 1",
                "0 0 2 * * ? * *  | five fields      | has 8"
            })
    void a_wrong_expression_is_refused_with_the_field_and_its_range(String cron, String field, String range) {
        var refused = assertThrows(RunRefused.class, () -> Cron.parse(cron));
        assertEquals("cron", refused.param());
        assertTrue(refused.getMessage().contains(field), refused.getMessage());
        assertTrue(refused.getMessage().contains(range), refused.getMessage());
    }

    @Test
    void an_endless_expression_is_refused() {
        assertThrows(RunRefused.class, () -> Cron.parse("0".repeat(500) + " 2 * * *"));
        assertThrows(RunRefused.class, () -> Cron.parse("1,".repeat(98) + "1 2 * * *"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 2 * * *           | at 02:00 every day",
                "@daily              | at 00:00 every day",
                "30 2,14 * * *       | at 02:30 and 14:30 every day",
                "0 2 * * 1           | at 02:00 on Monday",
                "0 2 * * 0,6         | at 02:00 on Sunday and Saturday",
                "0 0 2 ? * MON-FRI   | at 02:00 on Monday to Friday",
                "0 2 1 * *           | at 02:00 on day 1 of the month",
                "0 0 2 L * ?         | at 02:00 on the last day of the month",
                "0 2 13 * 5          | at 02:00 on day 13 of the month and on Friday",
                "0 2 * 1-3 *         | at 02:00 every day in January to March",
                "*/5 * * * *         | every 5 minutes",
                "15 * * * 1          | every hour at minute 15 on Monday",
                "*/10 * * * * ?      | every 10 seconds"
            })
    void common_expressions_are_put_into_words(String cron, String words) {
        assertEquals(Optional.of(words), CronWords.of(Cron.parse(cron)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 0 2 LW * ?", "0 0 2 ? * 6#2", "0 0 2 1 1 ? 2030", "1/7 2-4 * * *"})
    void others_are_not(String cron) {
        assertEquals(Optional.empty(), CronWords.of(Cron.parse(cron)));
    }

    private static List<String> next(String cron, Instant after, ZoneId zone, int count) {
        return Cron.parse(cron).next(after, zone, count).stream()
                .map(time -> time.atZone(zone).toOffsetDateTime().toString())
                .toList();
    }
}
