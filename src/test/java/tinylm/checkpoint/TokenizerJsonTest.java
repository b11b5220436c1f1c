package tinylm.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.text.CharTokenizer;

class TokenizerJsonTest {

    /// Newlines, spaces of several kinds, quotes, combining marks, joiners, non-BMP, and what other tokenizers use as
    /// marks.
    private static final String AWKWARD =
            "\u0000\t\n\r !\"'\\/#$%&-.,;:?abcXYZ019\u00A0\u00ADéßİıſK\u0301\u0308\u200B\u200D\u2028\u3000▁Ġ中가各ﬁ\uFEFF\uFFFD😀👩🏽𝔘\uDBFF\uDFFF";

    @TempDir
    Path directory;

    @Test
    void hugging_face_tokenizers_gives_our_ids_and_gives_every_text_back() throws IOException {
        var ascii = new StringBuilder("\n");
        IntStream.range(' ', 127).forEach(ascii::appendCodePoint);
        for (var alphabet : List.of(AWKWARD, ascii.toString(), "\n !$&',-.3:;?ABCXYZabcxyz", " ")) {
            var ours = CharTokenizer.of(alphabet);
            try (var theirs = huggingFace(ours)) {
                for (long seed = 0; seed < 150; seed++) {
                    var random = new Random(seed);
                    int length = 1 + random.nextInt(seed % 10 == 0 ? 3_000 : 60);
                    int[] ids = random.ints(length, 0, ours.vocabSize()).toArray();
                    String text = ours.decode(ids);
                    var message = "seed " + seed + " of " + alphabet;
                    long[] theirIds = theirs.encode(text, false, false).getIds();
                    assertArrayEquals(IntStream.of(ids).asLongStream().toArray(), theirIds, message);
                    assertEquals(text, theirs.decode(theirIds, false), message);
                    assertEquals(text, theirs.decode(theirIds, true), message);
                }
            }
        }
    }

    @Test
    void hugging_face_tokenizers_follows_ids_in_any_order() throws IOException {
        var ours = new CharTokenizer(new int[] {'z', '\n', 'a', ' ', 0x1F600});
        try (var theirs = huggingFace(ours)) {
            assertArrayEquals(
                    new long[] {0, 2, 4, 3, 1, 1},
                    theirs.encode("za😀 \n\n", false, false).getIds());
            assertEquals(
                    "za😀 \n\n", theirs.decode(LongStream.of(0, 2, 4, 3, 1, 1).toArray()));
        }
    }

    @Test
    void what_we_write_we_read() throws IOException {
        for (var tokenizer :
                List.of(CharTokenizer.of(AWKWARD), CharTokenizer.of("a"), new CharTokenizer(new int[] {'b', 'a'}))) {
            write(new String(TokenizerJson.bytes(tokenizer), UTF_8));
            assertEquals(tokenizer, TokenizerJson.read(directory));
        }
    }

    @Test
    void any_other_tokenizer_is_refused() throws IOException {
        var good = new String(TokenizerJson.bytes(CharTokenizer.of("ab")), UTF_8);
        var changes = List.of(
                Map.entry("\"BPE\"", "\"WordPiece\""),
                Map.entry("\"merges\" : [ ]", "\"merges\" : [ \"a b\" ]"),
                Map.entry("\"normalizer\" : null", "\"normalizer\" : {\"type\":\"Lowercase\"}"),
                Map.entry("\"pre_tokenizer\" : null", "\"pre_tokenizer\" : {\"type\":\"ByteLevel\"}"),
                Map.entry("\"Fuse\"", "\"ByteLevel\""),
                Map.entry("\"added_tokens\" : [ ]", "\"added_tokens\" : [ {} ]"),
                Map.entry("\"byte_fallback\" : false", "\"byte_fallback\" : true"),
                Map.entry("\"a\" : 0", "\"ab\" : 0"),
                Map.entry("\"a\" : 0,", "\"\" : 0,"),
                Map.entry("\"b\" : 1", "\"b\" : 0"),
                Map.entry("\"b\" : 1", "\"b\" : 2"),
                Map.entry(": 1\n", ": -1\n"),
                Map.entry("\"b\" : 1\n", "\"b\" : 1.0\n"),
                Map.entry("\"a\" : 0,\n", "\"b\" : 0,\n"),
                Map.entry("\"b\"", "\"\\ud800\""),
                Map.entry("{\n  \"version\"", "{ \"model\" : {},\n  \"version\""));
        write(good);
        assertEquals(CharTokenizer.of("ab"), TokenizerJson.read(directory));
        for (var change : changes) {
            var bad = good.replace(change.getKey(), change.getValue());
            assertNotEquals(good, bad, change.getKey());
            write(bad);
            var refusal = assertThrows(CheckpointException.class, () -> TokenizerJson.read(directory), bad);
            assertTrue(refusal.getMessage().contains("tokenizer.json"), refusal.getMessage());
        }
    }

    private void write(String json) throws IOException {
        Files.writeString(directory.resolve("tokenizer.json"), json);
    }

    private HuggingFaceTokenizer huggingFace(CharTokenizer tokenizer) throws IOException {
        var file = Files.write(directory.resolve("tokenizer.json"), TokenizerJson.bytes(tokenizer));
        return HuggingFaceTokenizer.builder()
                .optTokenizerPath(file)
                .optAddSpecialTokens(false)
                .optTruncation(false)
                .optPadding(false)
                .build();
    }
}
