package tinylm.runs;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.quartz.CronExpression;

/// When something happens, as people write it: the five fields of Unix (minutes, hours, days of the month, months, days
/// of the week), Quartz' six or seven (with seconds before and years after), or a nickname as `@daily`.
///
/// What falls into an hour that clocks jump over happens as much later as they jump. What falls into an hour that they
/// repeat happens the first time, but both times where the hours are `*` or a part of it. Quartz would leave the former
/// and half of the latter out, so it is asked about local times alone.
public final class Cron {

    static final String PARAM = "cron";

    private static final int LONGEST = 200;
    private static final Map<String, String> NICKNAMES = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");
    private static final List<CronField> UNIX = List.of(
            CronField.MINUTE, CronField.HOUR, CronField.DAY_OF_MONTH, CronField.MONTH, CronField.UNIX_DAY_OF_WEEK);
    private static final List<CronField> QUARTZ = List.of(
            CronField.SECOND,
            CronField.MINUTE,
            CronField.HOUR,
            CronField.DAY_OF_MONTH,
            CronField.MONTH,
            CronField.DAY_OF_WEEK,
            CronField.YEAR);
    private static final int HOUR = 2;
    private static final int DAY_OF_MONTH = 3;
    private static final int DAY_OF_WEEK = 5;

    private final String text;
    private final List<String> fields;
    private final List<CronExpression> any;

    /// @param fields as Quartz takes them
    /// @param any it happens when one of them says so
    private Cron(String text, List<String> fields, List<CronExpression> any) {
        this.text = text;
        this.fields = fields;
        this.any = any;
    }

    /// @throws RunRefused with a sentence that names the field at fault and what is allowed in it
    public static Cron parse(String text) {
        var written = text.strip();
        if (written.length() > LONGEST) {
            throw RunRefused.invalid(PARAM, "A cron expression has at most " + LONGEST + " characters.");
        }
        var words = words(written);
        boolean isUnix = words.length == UNIX.size();
        var kinds = isUnix ? UNIX : QUARTZ;
        var fields = new ArrayList<String>();
        for (int i = 0; i < words.length; i++) {
            fields.add(kinds.get(i).checked(words[i]));
        }
        if (isUnix) {
            fields.addFirst("0");
        }
        return new Cron(written, List.copyOf(fields), expressions(fields, isUnix));
    }

    private static String[] words(String written) {
        var nickname = NICKNAMES.get(written.toLowerCase(Locale.ROOT));
        var words = (nickname == null ? written : nickname).split("\\s+");
        if (words.length < 5 || words.length > 7) {
            throw RunRefused.invalid(
                    PARAM,
                    "A cron expression has five fields, as in \"0 2 * * *\" (minutes, hours, days of the month, months,"
                            + " days of the week), or six or seven with seconds before and years after, but this has "
                            + (written.isEmpty() ? 0 : words.length) + ".");
        }
        return words;
    }

    /// Quartz wants one of the two kinds of days to be left open; Unix takes either where both are said.
    private static List<CronExpression> expressions(List<String> fields, boolean isUnix) {
        boolean ofMonth = isSaid(fields.get(DAY_OF_MONTH));
        boolean ofWeek = isSaid(fields.get(DAY_OF_WEEK));
        if (ofMonth && ofWeek && !isUnix) {
            throw RunRefused.invalid(
                    PARAM,
                    "Of the days of the month and the days of the week one must be ? or * when there are seconds.");
        }
        var all = new ArrayList<CronExpression>();
        if (ofMonth || !ofWeek) {
            all.add(expression(fields, DAY_OF_WEEK));
        }
        if (ofWeek) {
            all.add(expression(fields, DAY_OF_MONTH));
        }
        return List.copyOf(all);
    }

    private static boolean isSaid(String field) {
        return !field.equals("*") && !field.equals("?");
    }

    private static CronExpression expression(List<String> fields, int open) {
        var all = new ArrayList<>(fields);
        all.set(open, "?");
        if (all.get(DAY_OF_MONTH + DAY_OF_WEEK - open).equals("?")) {
            all.set(DAY_OF_MONTH + DAY_OF_WEEK - open, "*");
        }
        try {
            var expression = new CronExpression(String.join(" ", all));
            expression.setTimeZone(TimeZone.getTimeZone(ZoneOffset.UTC)); // stands for local time
            return expression;
        } catch (ParseException e) {
            throw RunRefused.invalid(PARAM, "This is no cron expression: " + e.getMessage() + ".");
        }
    }

    /// As it was written.
    public String text() {
        return text;
    }

    /// Seconds to years, each as Quartz takes it.
    List<String> fields() {
        return fields;
    }

    /// The first so many times after `after`; fewer where it happens no more.
    public List<Instant> next(Instant after, ZoneId zone, int count) {
        return Stream.iterate(next(after, zone), Optional::isPresent, time -> next(time.orElseThrow(), zone))
                .limit(count)
                .map(Optional::orElseThrow)
                .toList();
    }

    /// The first time after `after`; empty if there is none.
    Optional<Instant> next(Instant after, ZoneId zone) {
        var rules = zone.getRules();
        var offset = rules.getOffset(after);
        var local = LocalDateTime.ofInstant(after, offset);
        var begin = rules.previousTransition(after.plusNanos(1));
        var end = rules.nextTransition(after);
        while (true) {
            var found = next(local, offset, begin);
            if (found.isEmpty() || end == null || found.get().isBefore(end.getInstant())) {
                return found;
            }
            begin = end;
            offset = end.getOffsetAfter();
            local = end.getDateTimeAfter().minusNanos(1);
            end = rules.nextTransition(end.getInstant());
        }
    }

    /// As if the clock stayed as it is after `begin`, which is null where it was never changed.
    private Optional<Instant> next(LocalDateTime local, ZoneOffset offset, ZoneOffsetTransition begin) {
        if (begin == null || !local.isBefore(begin.getDateTimeAfter().plusDays(1))) {
            return nextLocal(local).map(time -> time.toInstant(offset));
        }
        if (begin.isOverlap()) {
            var repeated = begin.getDateTimeBefore().minusNanos(1);
            return nextLocal(hasEveryHour() || local.isAfter(repeated) ? local : repeated)
                    .map(time -> time.toInstant(offset));
        }
        var jump = begin.getDuration();
        var before = local.minus(jump);
        var jumped = begin.getDateTimeBefore().minusNanos(1);
        var late = nextLocal(before.isAfter(jumped) ? before : jumped)
                .filter(time -> time.isBefore(begin.getDateTimeAfter()))
                .map(time -> time.plus(jump));
        return Stream.concat(nextLocal(local).stream(), late.stream())
                .min(LocalDateTime::compareTo)
                .map(time -> time.toInstant(offset));
    }

    private boolean hasEveryHour() {
        return fields.get(HOUR).startsWith("*");
    }

    private Optional<LocalDateTime> nextLocal(LocalDateTime after) {
        var date = Date.from(after.toInstant(ZoneOffset.UTC));
        return any.stream()
                .flatMap(one -> Stream.ofNullable(one.getTimeAfter(date)))
                .min(Date::compareTo)
                .map(time -> LocalDateTime.ofInstant(time.toInstant(), ZoneOffset.UTC));
    }
}
