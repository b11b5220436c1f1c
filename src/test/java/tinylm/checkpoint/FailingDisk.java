package tinylm.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A disk that stops at one chosen instant; each operation, and the middle of each write to a file, is an instant.
///
/// It waits for no real disk (a test's process is not really killed), so that a thousand saves take seconds.
final class FailingDisk implements FileOperations {

    /// The process ends here: nobody catches this.
    static final class Killed extends Error {}

    /// What happens at the instant.
    enum Failure {
        KILL {
            @Override
            void happen() {
                throw new Killed();
            }
        },
        FULL {
            @Override
            void happen() throws IOException {
                throw new IOException("No space left on device");
            }
        };

        abstract void happen() throws IOException;
    }

    private final Failure failure;
    private int left;

    FailingDisk(Failure failure, int instant) {
        this.failure = failure;
        this.left = instant;
    }

    static FailingDisk never() {
        return new FailingDisk(Failure.KILL, Integer.MAX_VALUE);
    }

    boolean failed() {
        return left < 0;
    }

    private void tick() throws IOException {
        if (left-- == 0) {
            failure.happen();
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        tick();
        DISK.createDirectories(directory);
    }

    @Override
    public void write(Path file, Content content) throws IOException {
        tick();
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            content.writeTo(new WritableByteChannel() {
                @Override
                public int write(ByteBuffer bytes) throws IOException {
                    int half = bytes.remaining() / 2;
                    int written = channel.write(bytes.slice(bytes.position(), half));
                    tick();
                    bytes.position(bytes.position() + written);
                    written += channel.write(bytes);
                    return written;
                }

                @Override
                public boolean isOpen() {
                    return channel.isOpen();
                }

                @Override
                public void close() {}
            });
        }
        tick();
    }

    @Override
    public void force(Path directory) throws IOException {
        tick();
    }

    @Override
    public void moveAtomically(Path from, Path to) throws IOException {
        tick();
        DISK.moveAtomically(from, to);
    }

    @Override
    public void createLink(Path link, Path target) throws IOException {
        tick();
        DISK.createLink(link, target);
    }

    @Override
    public void delete(Path path) throws IOException {
        tick();
        DISK.delete(path);
    }
}
