package tinylm.runs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tinylm.text.Corpus;
import tinylm.training.OwnText;

/// A catalog with one corpus, `own`, of our own making, which is on the disk.
public final class OwnCatalog {

    private OwnCatalog() {}

    /// @param folder gets `corpora.json` and `corpora/own.txt`
    /// @return the catalog's file
    public static Path write(Path folder) {
        return write(folder, OwnText.text(20_000));
    }

    static Path write(Path folder, String own) {
        var text = own.getBytes(StandardCharsets.UTF_8);
        try {
            Files.createDirectories(folder.resolve("corpora"));
            Files.write(folder.resolve("corpora/own.txt"), text);
            return Files.writeString(folder.resolve("corpora.json"), """
                    {"corpora": [{"name": "own", "about": "Sentences from a grammar", "url": "http://127.0.0.1:9/own.txt",
                     "sha256": "%s", "bytes": %d, "characters": %d, "licence": "ours"}]}
                    """.formatted(
                            Corpus.of("own", text).sha256(), text.length, text.length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
