package tinylm.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Keeps a second process from training into the same folder. The system lets go of it when the process ends, however
/// it ends.
record RunLock(FileChannel channel) implements AutoCloseable {

    /// @throws IllegalStateException when another process trains into `run`, or it cannot be written to
    static RunLock take(Path run) {
        try {
            Files.createDirectories(run);
            return lock(run);
        } catch (IOException e) {
            throw new IllegalStateException(
                    run + " cannot be a run's folder; name one that can be written to (" + e + ")", e);
        }
    }

    private static RunLock lock(Path run) throws IOException {
        FileChannel channel =
                FileChannel.open(run.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new RunLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            // held in this very process
        }
        channel.close();
        throw new IllegalStateException(run + " is in use: another process trains into it");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
