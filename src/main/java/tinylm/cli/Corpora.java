package tinylm.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import tinylm.text.CorpusCatalog;

/// The text that a command works on: the file or the catalog's corpus that was named, else tinyshakespeare, downloaded
/// once.
final class Corpora {

    private Corpora() {}

    static Path locate(Path named, PrintWriter log) {
        var name = named == null ? "tinyshakespeare" : named.toString();
        if (named != null && Files.exists(named)) {
            return named;
        }
        var catalog = CorpusCatalog.read(Home.CATALOG);
        if (named != null && catalog.entry(name).isEmpty()) {
            return named;
        }
        return catalog.locate(name, Home.RUNTIME, (received, expected) -> {
            log.printf(
                    "\rdownloading %s: %,d of %,d bytes%s",
                    name, received, expected, received == expected ? "%n".formatted() : "");
            log.flush();
        });
    }
}
