package tinylm.deploy;

import java.util.Map;
import java.util.Set;

/// What the launcher of workers may ask the API server for, in its own namespace: the calls that it makes, and no more.
public final class LauncherRights {

    /// Verbs by resource, with its API group in front unless it is the core's.
    public static final Map<String, Set<String>> VERBS = Map.of(
            "batch/jobs", Set.of("create", "get", "list", "watch", "delete"),
            "pods", Set.of("get"),
            "pods/log", Set.of("get"));

    private LauncherRights() {}
}
