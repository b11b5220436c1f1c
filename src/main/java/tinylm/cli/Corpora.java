package tinylm.cli;

import java.nio.file.Path;
import tinylm.text.CharTokenizer;
import tinylm.text.Corpus;

/// The text that a command works on.
final class Corpora {

    private Corpora() {}

    /// With a vocabulary of its own.
    static Corpus read(Path file) {
        return Corpus.read(orTinyShakespeare(file));
    }

    /// In a model's vocabulary.
    static Corpus read(Path file, CharTokenizer tokenizer) {
        return Corpus.read(orTinyShakespeare(file), tokenizer);
    }

    private static Path orTinyShakespeare(Path file) {
        return file != null ? file : Path.of("../shared/data/tinyshakespeare.txt");
    }
}
