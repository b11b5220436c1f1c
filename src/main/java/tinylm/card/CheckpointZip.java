package tinylm.card;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointException;
import tinylm.checkpoint.Checkpoints;

/// A run's checkpoint without its optimizer, in one folder, as a zip.
public final class CheckpointZip {

    public enum Which {
        BEST,
        LAST
    }

    /// What became of a download.
    public sealed interface Result {

        /// @param content complete and verified; its file goes when this is closed, or the process ends
        /// @param bytes how many
        record Ready(InputStream content, long bytes, long step) implements Result {}

        /// The run has saved none yet.
        record None() implements Result {}

        /// None verifies.
        record Corrupt(String sentence) implements Result {}
    }

    /// A worker removes old checkpoints while they are read.
    private static final int ATTEMPTS = 3;

    private CheckpointZip() {}

    /// @param directory of the run
    /// @param folder in the archive
    public static Result of(Path directory, Which which, String folder) throws IOException {
        var aside = Files.createTempDirectory("tinylm-zip");
        try {
            for (int attempt = 1; ; attempt++) {
                var refused = new ArrayList<String>();
                var chosen = chosen(directory, which, refused);
                if (chosen.isEmpty()) {
                    return refused.isEmpty()
                            ? new Result.None()
                            : new Result.Corrupt(SavedCheckpoints.within(directory, String.join(" ", refused)));
                }
                try {
                    return zipped(Checkpoints.export(chosen.get(), aside.resolve(folder)), aside.resolve("zip"));
                } catch (CheckpointException e) {
                    if (attempt == ATTEMPTS) {
                        return new Result.Corrupt(SavedCheckpoints.within(directory, e.getMessage()));
                    }
                }
            }
        } finally {
            delete(aside);
        }
    }

    private static Optional<Checkpoint> chosen(Path directory, Which which, List<String> refused) {
        return switch (which) {
            case BEST -> Checkpoints.best(directory, refused::add);
            case LAST -> Checkpoints.newest(directory, refused::add);
        };
    }

    private static Result zipped(Checkpoint copy, Path archive) throws IOException {
        var manifest = copy.manifest().orElseThrow();
        var written = LocalDateTime.ofInstant(manifest.provenance().created(), ZoneOffset.UTC);
        try (var zip = new ZipOutputStream(Files.newOutputStream(archive));
                var children = Files.list(copy.directory())) {
            zip.setLevel(Deflater.BEST_SPEED); // weights hardly shrink
            for (var file : children.sorted().toList()) {
                var entry = new ZipEntry(copy.directory().getFileName() + "/" + file.getFileName());
                entry.setTimeLocal(written);
                zip.putNextEntry(entry);
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
        long bytes = Files.size(archive);
        return new Result.Ready(
                Files.newInputStream(archive, StandardOpenOption.DELETE_ON_CLOSE), bytes, manifest.step());
    }

    private static void delete(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            for (var one : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(one);
            }
        }
    }
}
