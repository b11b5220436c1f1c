package tinylm.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import tinylm.checkpoint.Checkpoints;

/// A folder that all servers and workers see: whatever is written into it is there for all of them.
record SharedVolume(Path directory) implements CheckpointStore {

    @Override
    public List<String> runs() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var children = Files.list(directory)) {
            return children.filter(Files::isReadable)
                    .filter(Checkpoints::isRunDirectory)
                    .map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new StoreException("The runs' folder " + directory + " cannot be listed.", e);
        }
    }

    @Override
    public Path read(String run, Predicate<String> names) {
        return directory.resolve(run);
    }

    @Override
    public void fetchFiles(Path folder) {}

    @Override
    public void fetchCheckpoints(Path folder, Predicate<Path> ours) {}

    @Override
    public void put(Path folder) {}

    @Override
    public void put(Path folder, String name) {}

    @Override
    public void removeAfter(String run, long step) {}

    @Override
    public void putText(Path file, String sha256) {}

    @Override
    public void fetchText(Path file, String sha256) {}

    @Override
    public void deleteText(String sha256) {}

    @Override
    public void close() {}
}
