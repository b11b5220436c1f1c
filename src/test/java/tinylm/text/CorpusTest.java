package tinylm.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {

    @TempDir
    Path directory;

    @Test
    void nine_tenths_train_and_the_rest_validates_at_every_length() {
        for (int length = 1_000; length < 1_030; length++) {
            String text = text(length);
            var corpus = Corpus.of("ours", text.getBytes(UTF_8));
            assertEquals((int) Math.floor(0.9 * length), corpus.trainIds().length, "length " + length);
            assertEquals(length, corpus.trainIds().length + corpus.validationIds().length);
            assertEquals(
                    text,
                    corpus.tokenizer().decode(corpus.trainIds())
                            + corpus.tokenizer().decode(corpus.validationIds()));
        }
    }

    @Test
    void a_file_gives_the_corpus_of_its_bytes_under_its_name() throws IOException {
        var file =
                Files.write(directory.resolve("letters.txt"), "ab".repeat(600).getBytes(UTF_8));
        var corpus = Corpus.read(file);
        assertEquals("letters", corpus.name());
        // printf 'ab%.0s' $(seq 600) | sha256sum
        assertEquals("de0a20ef758eafb03ab2a7da2f2b04b3aae054e152a9ff076bd9921ddc8d00de", corpus.sha256());
    }

    @Test
    void a_given_tokenizer_gives_its_own_ids_and_names_what_it_lacks() {
        byte[] bytes = "ab".repeat(600).getBytes(UTF_8);
        var corpus = Corpus.of("ours", bytes, new CharTokenizer(new int[] {'z', 'b', 'a'}));
        assertArrayEquals(
                new int[] {2, 1, 2}, IntStream.of(corpus.trainIds()).limit(3).toArray());
        var refusal =
                assertThrows(UnknownCharacterException.class, () -> Corpus.of("ours", bytes, CharTokenizer.of("a")));
        assertTrue(refusal.getMessage().contains("'b' (U+0062)"), refusal.getMessage());
    }

    @Test
    void a_byte_that_is_not_utf_8_is_shown_with_its_line_and_column() throws IOException {
        int[][] bad = {{0xFF}, {0xC3, 'x'}, {0xED, 0xA0, 0x80}, {0xC0, 0x80}, {0xF8, 0x88, 0x80, 0x80, 0x80}};
        for (int[] bytes : bad) {
            var text = new ByteArrayOutputStream();
            text.write("first line\nsecönd 😀 ".getBytes(UTF_8));
            for (int one : bytes) {
                text.write(one);
            }
            text.write("x".repeat(2_000).getBytes(UTF_8));
            var refusal = assertThrows(CorpusException.class, () -> Corpus.of("ours", text.toByteArray()));
            assertTrue(refusal.getMessage().contains("line 2, column 10"), refusal.getMessage());
            assertTrue(refusal.getMessage().contains(String.format("0x%02X", bytes[0])), refusal.getMessage());
        }
    }

    @Test
    void a_character_that_is_cut_off_at_the_end_is_refused() {
        byte[] whole = ("x".repeat(1_000) + "é").getBytes(UTF_8);
        byte[] cut = Arrays.copyOf(whole, whole.length - 1);
        var refusal = assertThrows(CorpusException.class, () -> Corpus.of("ours", cut));
        assertTrue(refusal.getMessage().contains("line 1, column 1001"), refusal.getMessage());
    }

    @Test
    void a_text_of_fewer_than_a_thousand_characters_is_no_corpus() {
        var refusal = assertThrows(
                CorpusException.class, () -> Corpus.of("ours", "é".repeat(999).getBytes(UTF_8)));
        assertTrue(refusal.getMessage().contains("999"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("1000"), refusal.getMessage());
        assertThrows(CorpusException.class, () -> Corpus.of("ours", new byte[0]));
    }

    @Test
    void a_file_that_is_not_there_is_named() {
        var refusal = assertThrows(CorpusException.class, () -> Corpus.read(directory.resolve("none.txt")));
        assertTrue(refusal.getMessage().contains("none.txt"), refusal.getMessage());
        assertThrows(CorpusException.class, () -> Corpus.read(directory));
    }

    @Test
    void tinyshakespeare_has_65_characters_and_111540_to_validate_with() {
        var file = Path.of("../shared/data/tinyshakespeare.txt");
        assumeTrue(Files.exists(file), "the corpus is not beside the project");
        var corpus = Corpus.read(file);
        assertEquals(65, corpus.tokenizer().vocabSize());
        assertEquals(1_115_394 - 111_540, corpus.trainIds().length);
        assertEquals(111_540, corpus.validationIds().length);
        assertEquals("86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", corpus.sha256());
    }

    private static String text(int length) {
        var text = new StringBuilder();
        IntStream.range(0, length).forEach(i -> text.appendCodePoint(new int[] {'a', '\n', 0x1F600, 'é'}[i % 4]));
        return text.toString();
    }
}
