package tinylm.card;

import java.util.Locale;
import tinylm.runs.Run;

/// What a run's files are called where they are downloaded to: the run's name, as far as every system takes it, and
/// its id.
public final class FileName {

    private static final int LONGEST = 40;

    private FileName() {}

    public static String of(Run run) {
        var name = run.order().name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        var cut = name.substring(0, Math.min(LONGEST, name.length())).replaceAll("^-|-$", "");
        return cut.isEmpty() ? run.id() : cut + "-" + run.id();
    }
}
