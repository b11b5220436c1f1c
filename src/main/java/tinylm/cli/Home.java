package tinylm.cli;

import java.nio.file.Path;

/// The project's folder, which the launcher names; the current one without a launcher. What a command reads and
/// writes unless told otherwise lies in it.
final class Home {

    private static final Path DIRECTORY = Path.of(System.getProperty("tinylm-home", ""));

    static final Path CHECKPOINT = DIRECTORY.resolve("data/checkpoint");
    static final Path CATALOG = DIRECTORY.resolve("data/corpora.json");
    static final Path EXAMPLE = DIRECTORY.resolve("data/corpora/reveries.txt");
    static final Path RUNTIME = DIRECTORY.resolve("data/runtime");

    private Home() {}
}
