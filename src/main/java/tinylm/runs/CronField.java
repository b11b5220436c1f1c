package tinylm.runs;

import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// One field of a cron expression: what may stand in it, and how Quartz wants it.
enum CronField {
    SECOND("seconds", 0, 59, List.of()),
    MINUTE("minutes", 0, 59, List.of()),
    HOUR("hours", 0, 23, List.of()),
    DAY_OF_MONTH("days of the month", 1, 31, List.of()),
    MONTH("months", 1, 12, List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")),
    /// Quartz': 1 is Sunday.
    DAY_OF_WEEK("days of the week", 1, 7, List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
    /// Unix': 0 and 7 are Sunday.
    UNIX_DAY_OF_WEEK("days of the week", 0, 7, List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
    YEAR("years", 1970, 2099, List.of());

    private static final Pattern LAST_DAYS = Pattern.compile("L(-([1-9]|[12][0-9]|30))?W?|([1-9]|[12][0-9]|3[01])W");
    private static final Pattern LAST_WEEKDAY = Pattern.compile("L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])");

    private final String label;
    private final int least;
    private final int most;
    private final List<String> names;

    CronField(String label, int least, int most, List<String> names) {
        this.label = label;
        this.least = least;
        this.most = most;
        this.names = names;
    }

    /// The field as Quartz takes it.
    ///
    /// @throws RunRefused when something else stands in it than may
    String checked(String written) {
        var text = written.toUpperCase(Locale.ROOT);
        if (text.equals("?") && (this == DAY_OF_MONTH || this == DAY_OF_WEEK) || isLast(text)) {
            return text;
        }
        var days = new TreeSet<Integer>();
        for (var part : text.split(",", -1)) {
            var sides = part.split("/", -1);
            if (sides.length > 2) {
                throw wrong(written);
            }
            int step = sides.length == 2 ? number(sides[1], 1, Math.max(most, 1), written) : 1;
            var ends = sides[0].split("-", -1);
            if (ends.length > 2) {
                throw wrong(written);
            }
            boolean all = sides[0].equals("*");
            int first = all ? least : value(ends[0], written);
            int last = ends.length == 2 ? value(ends[1], written) : all || sides.length == 2 ? most : first;
            if (last < first && this == YEAR) {
                throw wrong(written);
            }
            if (this == UNIX_DAY_OF_WEEK) {
                int end = last < first ? last + 7 : ends.length == 2 ? last : Math.min(last, Math.max(first, 6));
                for (int day = first; day <= end; day += step) {
                    days.add(day % 7 + 1);
                }
            }
        }
        if (this != UNIX_DAY_OF_WEEK || text.equals("*")) {
            return text;
        }
        return days.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private boolean isLast(String text) {
        return this == DAY_OF_MONTH && LAST_DAYS.matcher(text).matches()
                || this == DAY_OF_WEEK && LAST_WEEKDAY.matcher(text).matches();
    }

    private int value(String text, String written) {
        int name = names.indexOf(text);
        return name >= 0 ? name + (this == UNIX_DAY_OF_WEEK ? 0 : 1) : number(text, least, most, written);
    }

    private int number(String text, int from, int to, String written) {
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) < from || Integer.parseInt(text) > to) {
            throw wrong(written);
        }
        return Integer.parseInt(text);
    }

    private RunRefused wrong(String written) {
        var named = names.isEmpty() ? "" : " or " + names.getFirst() + " to " + names.getLast();
        var shown = written.length() <= 40 ? written : written.substring(0, 39) + "…";
        return RunRefused.invalid(
                Cron.PARAM,
                "The " + label + " cannot be \"" + shown + "\": they are numbers from " + least + " to " + most + named
                        + ", with * for all, a-b for a range, /n for every n-th and commas between several.");
    }
}
