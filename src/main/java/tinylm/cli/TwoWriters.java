package tinylm.cli;

import java.io.IOException;
import java.io.Writer;

/// Writes everything twice. The second may fail, as a file on a full disk does: the first goes on.
final class TwoWriters extends Writer {

    private final Writer first;
    private final Writer second;

    TwoWriters(Writer first, Writer second) {
        this.first = first;
        this.second = second;
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        first.write(text, from, length);
        try {
            second.write(text, from, length);
        } catch (IOException e) {
            // said in the first
        }
    }

    @Override
    public void flush() throws IOException {
        first.flush();
        try {
            second.flush();
        } catch (IOException e) {
            // said in the first
        }
    }

    /// Closes neither: they are others'.
    @Override
    public void close() {}
}
