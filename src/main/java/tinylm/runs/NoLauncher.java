package tinylm.runs;

import java.io.IOException;
import java.nio.file.Path;

/// Of a server that leaves workers to another one.
public final class NoLauncher implements Launcher {

    @Override
    public long launch(Order order) throws IOException {
        throw new NotNowException("This server starts no workers.");
    }

    @Override
    public long measure(Path file) throws IOException {
        throw new IOException("this server starts no workers");
    }

    @Override
    public void kill(Run.Worker worker) {}
}
