package tinylm.runs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import tinylm.store.CheckpointStore;

/// Uploaded texts on the disk, each named after its SHA-256: written aside, forced to the disk, then renamed into
/// place.
record CorpusFiles(Path directory, CheckpointStore shared) {

    private static final int CHUNK_BYTES = 1 << 16;

    /// No upload lasts so long.
    private static final Duration LEFT_OVER = Duration.ofDays(1);

    Path of(String sha256) {
        return directory.resolve(sha256 + ".txt");
    }

    boolean has(UploadedCorpus corpus) {
        var file = of(corpus.survey().sha256());
        shared.fetchText(file, corpus.survey().sha256());
        try {
            return Files.exists(file) && Files.size(file) == corpus.survey().bytes();
        } catch (IOException e) {
            return false;
        }
    }

    static String gone(UploadedCorpus corpus) {
        return "The file of the corpus " + corpus.name() + " is not on this server's disk; upload the text again.";
    }

    /// Writes what arrives into a file aside, which is the caller's to move or delete.
    ///
    /// @throws RunRefused when there is more than so many bytes; no more are read
    Path receive(InputStream text, long mostBytes) throws IOException {
        Files.createDirectories(directory);
        removeLeftovers();
        var aside = Files.createTempFile(directory, ".", ".tmp");
        try (var file = FileChannel.open(aside, StandardOpenOption.WRITE)) {
            var chunk = new byte[CHUNK_BYTES];
            long received = 0;
            for (int count = text.read(chunk); count >= 0; count = text.read(chunk)) {
                received += count;
                if (received > mostBytes) {
                    throw tooLarge(mostBytes);
                }
                var rest = ByteBuffer.wrap(chunk, 0, count);
                while (rest.hasRemaining()) {
                    file.write(rest);
                }
            }
            file.force(true);
            return aside;
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(aside);
            throw e;
        }
    }

    /// Deletes what a server that was killed had not received in full.
    private void removeLeftovers() throws IOException {
        var old = FileTime.from(Instant.now().minus(LEFT_OVER));
        try (var files = Files.newDirectoryStream(directory, ".*.tmp")) {
            for (var file : files) {
                if (Files.getLastModifiedTime(file).compareTo(old) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /// Moves a text to its place, for all servers.
    void keep(Path aside, String sha256) throws IOException {
        move(aside, of(sha256));
        shared.putText(of(sha256), sha256);
    }

    void move(Path aside, Path place) throws IOException {
        Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
        if (place.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (var folder = FileChannel.open(place.getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
    }

    void delete(String sha256) throws IOException {
        Files.deleteIfExists(of(sha256));
        shared.deleteText(sha256);
    }

    static RunRefused tooLarge(long mostBytes) {
        return new RunRefused(
                RunRefused.Kind.TOO_LARGE, "", "A corpus that is uploaded may have at most " + mostBytes + " bytes.");
    }
}
