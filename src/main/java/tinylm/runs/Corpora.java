package tinylm.runs;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tinylm.text.Corpus;
import tinylm.text.CorpusCatalog;

/// The texts that runs can learn: those of the catalog. Any thread.
public final class Corpora {

    /// A text on the disk.
    ///
    /// @param vocabSize different characters
    public record Text(String name, Path file, String sha256, int vocabSize) {}

    private final CorpusCatalog catalog;
    private final Path runtime;
    private final Map<String, Text> known = new ConcurrentHashMap<>();

    /// @param runtime holds what was downloaded
    public Corpora(CorpusCatalog catalog, Path runtime) {
        this.catalog = catalog;
        this.runtime = runtime;
    }

    public List<CorpusCatalog.Entry> entries() {
        return catalog.entries();
    }

    List<String> names() {
        return entries().stream().map(CorpusCatalog.Entry::name).toList();
    }

    /// The text of that name, downloaded now if it was not before.
    ///
    /// @throws tinylm.text.CorpusException when it cannot be had, or is not what the catalog vouches for
    Optional<Text> find(String name) {
        if (!names().contains(name)) {
            return Optional.empty();
        }
        var file = catalog.locate(name, runtime, (_, _) -> {}).toAbsolutePath();
        return Optional.of(known.computeIfAbsent(name, _ -> text(name, file)));
    }

    private static Text text(String name, Path file) {
        var corpus = Corpus.read(file);
        return new Text(name, file, corpus.sha256(), corpus.tokenizer().vocabSize());
    }
}
