package tinylm.web;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// What a key is good for; each role may do what those before it may.
enum Role {
    /// Sees the page, the models, health, metrics and the documentation.
    VIEWER,
    /// Lets the model write.
    WRITER,
    /// Starts and stops training runs.
    TRAINER,
    /// Chooses the model that is served.
    ADMIN;

    boolean may(Role least) {
        return compareTo(least) >= 0;
    }

    /// Itself and those before it, by the names that the configuration uses.
    Set<String> names() {
        return Arrays.stream(values()).filter(this::may).map(Role::lowerCase).collect(Collectors.toUnmodifiableSet());
    }

    String lowerCase() {
        return name().toLowerCase(Locale.ROOT);
    }
}
