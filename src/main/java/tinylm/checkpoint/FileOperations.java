package tinylm.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Everything that saving does to a disk, so that a test can stop it between any two of these.
interface FileOperations {

    /// What a file shall hold.
    @FunctionalInterface
    interface Content {
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    void createDirectories(Path directory) throws IOException;

    /// Writes a new file and forces it to the disk.
    void write(Path file, Content content) throws IOException;

    /// Forces a directory's entries to the disk, where the system can.
    void force(Path directory) throws IOException;

    void moveAtomically(Path from, Path to) throws IOException;

    void createLink(Path link, Path target) throws IOException;

    void delete(Path path) throws IOException;

    FileOperations DISK = new FileOperations() {

        @Override
        public void createDirectories(Path directory) throws IOException {
            Files.createDirectories(directory);
        }

        @Override
        public void write(Path file, Content content) throws IOException {
            try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
        }

        @Override
        public void force(Path directory) throws IOException {
            if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                }
            }
        }

        @Override
        public void moveAtomically(Path from, Path to) throws IOException {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public void createLink(Path link, Path target) throws IOException {
            Files.createSymbolicLink(link, target);
        }

        @Override
        public void delete(Path path) throws IOException {
            Files.deleteIfExists(path);
        }
    };
}
