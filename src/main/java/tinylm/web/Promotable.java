package tinylm.web;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tinylm.checkpoint.Checkpoints;

/// Where the checkpoints lie that may be promoted. Reads the disk.
@Singleton
final class Promotable {

    static final String SHIPPED = "shipped";

    private final Path configured;
    private final Set<Path> folders;

    @Inject
    Promotable(ServerConfig config, TrainingSettings training) {
        this(config.checkpoint(), Stream.concat(config.runs().stream(), Stream.of(training.directory())));
    }

    /// @param folders hold the folders of runs
    Promotable(Path configured, Stream<Path> folders) {
        this.configured = configured;
        this.folders = folders.map(folder -> folder.toAbsolutePath().normalize())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /// By id: the configured checkpoint, and every run by its folder's name.
    Map<String, Path> directories() {
        var directories = new LinkedHashMap<String, Path>();
        directories.put(SHIPPED, configured);
        for (var runs : folders) {
            if (Files.isDirectory(runs)) {
                try (var children = Files.list(runs)) {
                    children.filter(Files::isReadable)
                            .filter(Checkpoints::isRunDirectory)
                            .sorted()
                            .forEach(run ->
                                    directories.putIfAbsent(run.getFileName().toString(), run));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return directories;
    }
}
