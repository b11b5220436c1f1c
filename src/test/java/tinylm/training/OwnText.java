package tinylm.training;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import tinylm.text.Corpus;

/// A corpus of our own making: little sentences from a little grammar, with line breaks and speakers.
public final class OwnText {

    private static final String[] WHO = {"the miller", "a heron", "our engine", "the baker", "one lamp", "my compiler"};
    private static final String[] DOES = {"counts", "carries", "forgets", "mends", "watches", "borrows"};
    private static final String[] WHAT = {"seven tokens", "the river", "a small key", "warm bread", "every step"};
    private static final String[] WHEN = {"at noon", "in the rain", "before the bell", "without a word"};

    private OwnText() {}

    public static Corpus corpus(int characters) {
        return Corpus.of("own-text", text(characters).getBytes(StandardCharsets.UTF_8));
    }

    /// The real corpus when it lies beside the project, else 300,000 characters of our own.
    public static Corpus corpusOrTinyShakespeare() {
        Path real = Path.of("../shared/data/tinyshakespeare.txt");
        return Files.exists(real) ? Corpus.read(real) : corpus(300_000);
    }

    public static String text(int characters) {
        SplittableRandom random = new SplittableRandom(99);
        StringBuilder text = new StringBuilder();
        while (text.length() < characters) {
            if (random.nextInt(4) == 0) {
                text.append("\nSPEAKER ").append(random.nextInt(10)).append(":\n");
            }
            text.append(Character.toUpperCase("tmoa".charAt(random.nextInt(4))))
                    .append("h, ")
                    .append(WHO[random.nextInt(WHO.length)])
                    .append(' ')
                    .append(DOES[random.nextInt(DOES.length)])
                    .append(' ')
                    .append(WHAT[random.nextInt(WHAT.length)])
                    .append(' ')
                    .append(WHEN[random.nextInt(WHEN.length)])
                    .append(random.nextInt(2) == 0 ? ".\n" : "; ");
        }
        return text.substring(0, characters);
    }
}
