package tinylm.web;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tinylm.checkpoint.Checkpoints;

/// Where the checkpoints lie that may be promoted. Reads the disk.
@Singleton
final class Promotable {

    static final String SHIPPED = "shipped";

    private final ServerConfig config;

    Promotable(ServerConfig config) {
        this.config = config;
    }

    /// By id: the configured checkpoint, and every run by its folder's name.
    Map<String, Path> directories() {
        var directories = new LinkedHashMap<String, Path>();
        directories.put(SHIPPED, config.checkpoint());
        for (var runs : config.runs()) {
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
