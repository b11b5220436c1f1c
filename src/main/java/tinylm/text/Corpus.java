package tinylm.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// A text to learn from: its first nine tenths to train on, the rest to validate with.
///
/// The arrays are shared, not copied: whoever reads them leaves them as they are.
///
/// @param name as checkpoints quote it
/// @param sha256 of the file's bytes, lower-case hex
/// @param trainIds token ids of the characters before index floor(0.9 n)
/// @param validationIds token ids of the characters from there on
public record Corpus(String name, String sha256, CharTokenizer tokenizer, int[] trainIds, int[] validationIds) {

    /// Fewer characters than this are no corpus.
    public static final int LEAST_CHARACTERS = 1_000;

    /// More bytes than this are refused, for ids are held in memory.
    public static final long MOST_BYTES = 256L << 20;

    public Corpus {
        if (name.isBlank()) {
            throw new IllegalArgumentException("A corpus needs a name");
        }
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("sha256 must be 64 lower-case hex digits, but is " + sha256);
        }
        if (trainIds.length == 0 || validationIds.length == 0) {
            throw new IllegalArgumentException("Both parts of a corpus need characters, but they have "
                    + trainIds.length + " and " + validationIds.length);
        }
    }

    /// A corpus with its own vocabulary.
    ///
    /// @throws CorpusException when the bytes are not UTF-8, or too few or too many
    public static Corpus of(String name, byte[] utf8) {
        String text = text(name, utf8);
        return split(name, utf8, text, CharTokenizer.of(text));
    }

    /// A corpus in the vocabulary of a model that exists, to score the model or to train it on.
    ///
    /// @throws CorpusException when the bytes are not UTF-8, or too few or too many
    /// @throws UnknownCharacterException when the text has characters that the tokenizer lacks
    public static Corpus of(String name, byte[] utf8, CharTokenizer tokenizer) {
        return split(name, utf8, text(name, utf8), tokenizer);
    }

    /// The corpus in a file, named after the file without its ending.
    ///
    /// @throws CorpusException when the file cannot be read or is no corpus
    public static Corpus read(Path file) {
        return of(nameOf(file), bytes(file));
    }

    /// @throws CorpusException when the file cannot be read or is no corpus
    /// @throws UnknownCharacterException when the text has characters that the tokenizer lacks
    public static Corpus read(Path file, CharTokenizer tokenizer) {
        return of(nameOf(file), bytes(file), tokenizer);
    }

    private static Corpus split(String name, byte[] utf8, String text, CharTokenizer tokenizer) {
        int[] ids = tokenizer.encode(text);
        int trained = (int) (ids.length * 9L / 10);
        return new Corpus(
                name,
                sha256(utf8),
                tokenizer,
                Arrays.copyOfRange(ids, 0, trained),
                Arrays.copyOfRange(ids, trained, ids.length));
    }

    private static String text(String name, byte[] utf8) {
        if (utf8.length > MOST_BYTES) {
            throw tooLarge(name, utf8.length);
        }
        var bytes = ByteBuffer.wrap(utf8);
        var characters = CharBuffer.allocate(utf8.length);
        var result = StandardCharsets.UTF_8.newDecoder().decode(bytes, characters, true);
        if (result.isError()) {
            throw notUtf8(name, utf8, bytes.position());
        }
        String text = characters.flip().toString();
        int count = text.codePointCount(0, text.length());
        if (count < LEAST_CHARACTERS) {
            throw tooShort(name, count);
        }
        return text;
    }

    private static CorpusException notUtf8(String name, byte[] utf8, int offset) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < offset; i++) {
            if (utf8[i] == '\n') {
                line++;
                column = 1;
            } else if ((utf8[i] & 0xC0) != 0x80) {
                column++;
            }
        }
        return notUtf8(name, utf8[offset], line, column);
    }

    static CorpusException notUtf8(String name, byte wrong, long line, long column) {
        return new CorpusException(String.format(
                "The corpus %s is not UTF-8: the byte 0x%02X at line %d, column %d. Save it as UTF-8 and try again.",
                name, wrong, line, column));
    }

    static CorpusException tooShort(String name, long characters) {
        return new CorpusException("The corpus " + name + " has " + characters + " characters; a corpus needs at least "
                + LEAST_CHARACTERS + ".");
    }

    private static byte[] bytes(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new CorpusException("There is no corpus file " + file + ".");
            }
            if (Files.size(file) > MOST_BYTES) {
                throw tooLarge(file.toString(), Files.size(file));
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new CorpusException("The corpus file " + file + " cannot be read.", e);
        }
    }

    private static CorpusException tooLarge(String name, long bytes) {
        return new CorpusException(
                "The corpus " + name + " has " + bytes + " bytes; a corpus has at most " + MOST_BYTES + ".");
    }

    private static String nameOf(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    static String sha256(byte[] bytes) {
        var digest = digest();
        digest.update(bytes);
        return hex(digest);
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
