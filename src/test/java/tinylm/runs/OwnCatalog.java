package tinylm.runs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tinylm.text.Corpus;
import tinylm.training.OwnText;

/// A catalog with a corpus, `own`, of our own making, which is on the disk, and one, `distant`, that cannot be had.
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
                     "sha256": "%s", "bytes": %d, "characters": %d, "licence": "ours"},
                     {"name": "distant", "about": "Out of reach", "url": "http://127.0.0.1:9/distant.txt",
                     "sha256": "%s", "bytes": 9000, "characters": 9000, "licence": "ours"}]}
                    """.formatted(
                            Corpus.of("own", text).sha256(), text.length, text.length, "d".repeat(64)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
