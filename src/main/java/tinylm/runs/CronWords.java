package tinylm.runs;

import java.time.DayOfWeek;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// A cron expression in English, where it is one of the common shapes.
public final class CronWords {

    private CronWords() {}

    /// For example "at 02:00 on Monday"; empty where the expression says it better.
    public static Optional<String> of(Cron cron) {
        var fields = cron.fields();
        if (fields.size() > 6 && !fields.get(6).equals("*")) {
            return Optional.empty();
        }
        return time(fields.get(0), fields.get(1), fields.get(2))
                .flatMap(time -> days(fields.get(3), fields.get(5), time.startsWith("at"))
                        .flatMap(days -> months(fields.get(4)).map(months -> time + days + months)));
    }

    private static Optional<String> time(String second, String minute, String hour) {
        if (second.matches("(\\*|0)/[0-9]+") && minute.equals("*") && hour.equals("*")) {
            return Optional.of("every " + second.substring(2) + " seconds");
        }
        if (!second.equals("0")) {
            return Optional.empty();
        }
        if (hour.equals("*")) {
            return minute.equals("*")
                    ? Optional.of("every minute")
                    : minute.matches("(\\*|0)/[0-9]+")
                            ? Optional.of("every " + minute.substring(2) + " minutes")
                            : minute.matches("[0-9]+")
                                    ? Optional.of("every hour at minute " + Integer.parseInt(minute))
                                    : Optional.empty();
        }
        return minute.matches("[0-9]+")
                ? values(hour, List.of(), one -> "%02d:%02d".formatted(one, Integer.parseInt(minute)))
                        .map(times -> "at " + times)
                : Optional.empty();
    }

    private static Optional<String> days(String ofMonth, String ofWeek, boolean once) {
        var month = ofMonth.matches("[*?]")
                ? Optional.of("")
                : ofMonth.equals("L")
                        ? Optional.of("the last day of the month")
                        : values(ofMonth, List.of(), Integer::toString).map(days -> "day " + days + " of the month");
        var week = ofWeek.matches("[*?]")
                ? Optional.of("")
                : values(
                        ofWeek,
                        List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
                        one -> DayOfWeek.of((one + 5) % 7 + 1).getDisplayName(TextStyle.FULL, Locale.ENGLISH));
        return month.flatMap(left -> week.map(right -> left.isEmpty() && right.isEmpty()
                ? once ? " every day" : ""
                : " on " + left + (left.isEmpty() || right.isEmpty() ? "" : " and on ") + right));
    }

    private static Optional<String> months(String field) {
        var names = Arrays.stream(Month.values())
                .map(month -> month.name().substring(0, 3))
                .toList();
        return field.equals("*")
                ? Optional.of("")
                : values(field, names, one -> Month.of(one).getDisplayName(TextStyle.FULL, Locale.ENGLISH))
                        .map(months -> " in " + months);
    }

    /// Single values and ranges in words; empty where there is anything else.
    private static Optional<String> values(String field, List<String> names, IntFunction<String> word) {
        var all = new ArrayList<String>();
        for (var part : field.split(",")) {
            var ends = Arrays.stream(part.split("-"))
                    .map(end -> names.contains(end) ? Integer.toString(names.indexOf(end) + 1) : end)
                    .toList();
            if (!ends.stream().allMatch(end -> end.matches("[0-9]+"))) {
                return Optional.empty();
            }
            var words = ends.stream().map(Integer::parseInt).map(word::apply).toList();
            all.add(String.join(" to ", words));
        }
        return Optional.of(IntStream.range(0, all.size())
                .mapToObj(i -> (i == 0 ? "" : i == all.size() - 1 ? " and " : ", ") + all.get(i))
                .reduce("", String::concat));
    }
}
