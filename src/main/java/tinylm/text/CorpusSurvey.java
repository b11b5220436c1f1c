package tinylm.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.BitSet;

/// What is to be known of a text before anybody learns it. Read in pieces, so that it costs the same memory however
/// long the text is.
///
/// @param sha256 of the file's bytes, lower-case hex
/// @param characters its length in code points
/// @param alphabet its distinct characters, ascending: what [CharTokenizer#of] makes of the text
public record CorpusSurvey(String sha256, long bytes, long characters, String alphabet) {

    private static final int CHUNK_BYTES = 1 << 16;

    /// @param name as sentences call it
    /// @throws CorpusException when the text is not UTF-8, has control characters, or is too short; with line and
    ///     column where there is a place
    /// @throws IOException when the file cannot be read
    public static CorpusSurvey of(String name, Path file) throws IOException {
        var digest = Corpus.digest();
        var reading = new Reading(name);
        try (var in = new DigestInputStream(Files.newInputStream(file), digest)) {
            reading.all(in);
        }
        if (reading.characters < Corpus.LEAST_CHARACTERS) {
            throw Corpus.tooShort(name, reading.characters);
        }
        var alphabet = new StringBuilder();
        reading.seen.stream().forEach(alphabet::appendCodePoint);
        return new CorpusSurvey(Corpus.hex(digest), Files.size(file), reading.characters, alphabet.toString());
    }

    public int vocabSize() {
        return alphabet.codePointCount(0, alphabet.length());
    }

    /// Characters before the place where the text is split; the rest validates.
    public static long trainCharacters(long characters) {
        return characters * 9 / 10;
    }

    /// Up to `most` characters of a text that is UTF-8.
    ///
    /// @param from index of the first, in code points
    /// @throws IOException when the file cannot be read
    public static String excerpt(Path file, long from, int most) throws IOException {
        var text = new StringBuilder();
        try (var reader = Files.newBufferedReader(file)) {
            long index = -1;
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                if (!Character.isLowSurrogate((char) c)) {
                    index++;
                }
                if (index >= from + most) {
                    break;
                }
                if (index >= from) {
                    text.append((char) c);
                }
            }
        }
        return text.toString();
    }

    /// Where the reading of a text is.
    private static final class Reading {

        private final String name;
        private final BitSet seen = new BitSet();
        private long characters;
        private long line = 1;
        private long column = 1;

        Reading(String name) {
            this.name = name;
        }

        void all(InputStream in) throws IOException {
            var decoder = StandardCharsets.UTF_8.newDecoder();
            var bytes = ByteBuffer.allocate(CHUNK_BYTES);
            var chars = CharBuffer.allocate(CHUNK_BYTES);
            boolean isLast;
            do {
                int count = in.readNBytes(bytes.array(), bytes.position(), bytes.remaining());
                isLast = bytes.position() + count < bytes.capacity();
                bytes.limit(bytes.position() + count).rewind();
                decode(decoder, bytes, chars, isLast);
                bytes.compact();
            } while (!isLast);
        }

        private void decode(CharsetDecoder decoder, ByteBuffer bytes, CharBuffer chars, boolean isLast) {
            CoderResult result = decoder.decode(bytes, chars, isLast); // a byte makes at most one char, so all fit
            chars.flip();
            while (chars.hasRemaining()) {
                next(Character.codePointAt(chars, 0));
                chars.position(chars.position() + (Character.isHighSurrogate(chars.charAt(0)) ? 2 : 1));
            }
            chars.clear();
            if (result.isError()) {
                throw Corpus.notUtf8(name, bytes.get(bytes.position()), line, column);
            }
        }

        private void next(int codePoint) {
            if (Character.getType(codePoint) == Character.CONTROL && "\n\r\t\f".indexOf(codePoint) < 0) {
                throw new CorpusException(String.format(
                        "The corpus %s has the control character U+%04X at line %d, column %d. A text has none but"
                                + " tabs, line ends and page breaks, for they cannot be kept or shown.",
                        name, codePoint, line, column));
            }
            seen.set(codePoint);
            characters++;
            if (codePoint == '\n') {
                line++;
                column = 1;
            } else {
                column++;
            }
        }
    }
}
