package tinylm.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Writes everything to a file, too, as long as that can be written to: a full disk must not end what is logged.
final class TwoWriters extends Writer {

    private final Writer first;
    private Writer file;

    TwoWriters(Writer first, Path file) {
        this.first = first;
        this.file = nullWriter();
        tried(() -> this.file = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        first.write(text, from, length);
        tried(() -> file.write(text, from, length));
    }

    @Override
    public void flush() throws IOException {
        first.flush();
        tried(() -> file.flush());
    }

    /// The first is somebody else's.
    @Override
    public void close() throws IOException {
        first.flush();
        tried(() -> file.close());
    }

    @FunctionalInterface
    private interface Attempt {
        void run() throws IOException;
    }

    private static void tried(Attempt attempt) {
        try {
            attempt.run();
        } catch (IOException e) {
            // it stands in the first
        }
    }
}
