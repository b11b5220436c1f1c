package tinylm.runs;

import java.time.Instant;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// That a run's state changed.
public record RunChange(Instant at, RunState from, RunState to, String reason) {

    private static final Pattern EXTENDED = Pattern.compile("Extended by ([0-9]{1,9}) steps\\.");

    /// What an extension says of itself; [#extension] reads it again.
    static String extended(long steps) {
        return "Extended by " + steps + " steps.";
    }

    /// By how many steps this change extended the run; empty when it was another one.
    public OptionalLong extension() {
        var said = EXTENDED.matcher(reason);
        return to == RunState.QUEUED && said.matches()
                ? OptionalLong.of(Long.parseLong(said.group(1)))
                : OptionalLong.empty();
    }
}
