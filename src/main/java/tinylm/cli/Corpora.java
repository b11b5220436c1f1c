package tinylm.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import tinylm.text.CorpusCatalog;

/// The text that a command works on: the file that was named, else tinyshakespeare, downloaded once.
final class Corpora {

    private Corpora() {}

    static Path locate(Path named, PrintWriter log) {
        if (named != null) {
            return named;
        }
        return CorpusCatalog.read(Home.CATALOG).locate("tinyshakespeare", Home.RUNTIME, (received, expected) -> {
            log.printf(
                    "\rdownloading tinyshakespeare: %,d of %,d bytes%s",
                    received, expected, received == expected ? "%n".formatted() : "");
            log.flush();
        });
    }
}
