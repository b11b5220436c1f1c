package tinylm.runs;

import java.time.Instant;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// That a run's state changed.
public record RunChange(Instant at, RunState from, RunState to, String reason) {

    private static final Pattern EXTENDED = Pattern.compile("Extended by ([0-9]{1,9}) steps\\.");

    private static final String HALVED = " with half the learning rate";

    /// What an extension says of itself; [#extension] reads it again.
    static String extended(long steps) {
        return "Extended by " + steps + " steps.";
    }

    /// What going back says of itself; [#isHalving] knows it again.
    static String halved(String why, long step, int time, int most) {
        return why + " Goes back to step " + step + HALVED + " (" + time + " of at most " + most + " times).";
    }

    /// Whether the learning rate was halved from here on.
    public boolean isHalving() {
        return to == RunState.QUEUED && reason.contains(HALVED);
    }

    /// By how many steps this change extended the run; empty when it was another one.
    public OptionalLong extension() {
        var said = EXTENDED.matcher(reason);
        return to == RunState.QUEUED && said.matches()
                ? OptionalLong.of(Long.parseLong(said.group(1)))
                : OptionalLong.empty();
    }
}
