package tinylm.web;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tinylm.checkpoint.Checkpoints;
import tinylm.runs.History;
import tinylm.store.CheckpointStore;

/// Where the checkpoints lie that may be promoted. Reads the disk, or the store.
@Singleton
final class Promotable {

    static final String SHIPPED = "shipped";

    private final Path configured;
    private final List<Path> folders;
    private final CheckpointStore store;

    @Inject
    Promotable(ServerConfig config, TrainingSettings training, CheckpointStore store) {
        this(
                config.checkpoint(),
                config.runs().stream()
                        .map(folder -> folder.toAbsolutePath().normalize())
                        .filter(folder -> !folder.equals(
                                training.directory().toAbsolutePath().normalize()))
                        .toList(),
                store);
    }

    /// @param folders hold the folders of runs that are not the store's
    Promotable(Path configured, List<Path> folders, CheckpointStore store) {
        this.configured = configured;
        this.folders = folders;
        this.store = store;
    }

    /// The configured checkpoint, and every run by its folder's name; one of the store need not have a checkpoint.
    Set<String> ids() {
        var ids = new LinkedHashSet<>(directoriesHere().keySet());
        ids.addAll(store.runs());
        return ids;
    }

    /// The configured checkpoint, or the folder of a run that has some.
    Optional<Path> find(String id) {
        return find(id, CheckpointStore.CHECKPOINTS)
                .filter(folder -> id.equals(SHIPPED) || Checkpoints.isRunDirectory(folder));
    }

    /// The folder of a run, with what it keeps of a step.
    Optional<Path> find(String id, long step) {
        return find(id, History.name(step)::equals);
    }

    private Optional<Path> find(String id, Predicate<String> names) {
        return Optional.ofNullable(directoriesHere().get(id))
                .or(() -> store.runs().stream().filter(id::equals).findFirst().map(run -> store.read(run, names)));
    }

    private Map<String, Path> directoriesHere() {
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
