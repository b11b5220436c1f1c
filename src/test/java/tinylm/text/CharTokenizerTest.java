package tinylm.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CharTokenizerTest {

    private static final CharTokenizer TOKENIZER = CharTokenizer.of("b\na😀éa b");

    @Test
    void ids_are_the_distinct_code_points_in_ascending_order() {
        assertArrayEquals(new int[] {'\n', ' ', 'a', 'b', 'é', 0x1F600}, TOKENIZER.codePoints());
        assertEquals(6, TOKENIZER.vocabSize());
        assertArrayEquals(new int[] {2, 5, 3, 0, 1, 4}, TOKENIZER.encode("a😀b\n é"));
    }

    @Test
    void every_random_text_of_known_characters_comes_back() {
        for (long seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            int[] ids =
                    random.ints(random.nextInt(100), 0, TOKENIZER.vocabSize()).toArray();
            assertArrayEquals(ids, TOKENIZER.encode(TOKENIZER.decode(ids)), "seed " + seed);
            var stream = new StreamDecoder(TOKENIZER);
            var streamed = new StringBuilder();
            IntStream.of(ids).forEach(id -> streamed.append(stream.next(id)));
            assertEquals(TOKENIZER.decode(ids), streamed.toString(), "seed " + seed);
        }
    }

    @Test
    void an_empty_text_has_no_tokens() {
        assertArrayEquals(new int[0], TOKENIZER.encode(""));
        assertEquals("", TOKENIZER.decode());
    }

    @Test
    void each_unknown_character_is_named_once_with_its_first_place() {
        var refusal = assertThrows(UnknownCharacterException.class, () -> TOKENIZER.encode("😀xa\tßx"));
        assertEquals(
                List.of(
                        new UnknownCharacterException.Unknown('x', 1),
                        new UnknownCharacterException.Unknown('\t', 3),
                        new UnknownCharacterException.Unknown('ß', 4)),
                refusal.unknown());
        for (var part : List.of("'x' (U+0078)", "position 1", "U+0009", "'ß' (U+00DF)", "It knows abé😀 and 2")) {
            assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
        assertTrue(refusal.getMessage().chars().noneMatch(c -> c == '\t'), "control characters stay unprinted");
    }

    @Test
    void a_lone_surrogate_in_a_prompt_is_an_unknown_character() {
        for (var text : List.of("a\uD83D", "\uDE00a", "\uDE00\uD83D")) {
            var refusal = assertThrows(UnknownCharacterException.class, () -> TOKENIZER.encode(text));
            assertTrue(refusal.getMessage().contains("U+D83D")
                    || refusal.getMessage().contains("U+DE00"));
        }
    }

    @Test
    void a_flood_of_unknown_characters_makes_a_short_message() {
        var flood = new StringBuilder();
        IntStream.range(0x4E00, 0x5E00).forEach(flood::appendCodePoint);
        var refusal = assertThrows(UnknownCharacterException.class, () -> TOKENIZER.encode(flood.toString()));
        assertEquals(0x1000, refusal.unknown().size());
        assertTrue(refusal.getMessage().length() < 2_000, refusal.getMessage());
    }

    @Test
    void a_vocabulary_that_is_none_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> new CharTokenizer(new int[0]));
        assertThrows(IllegalArgumentException.class, () -> new CharTokenizer(new int[] {'a', 'b', 'a'}));
        assertThrows(IllegalArgumentException.class, () -> new CharTokenizer(new int[] {0xD800}));
        assertThrows(IllegalArgumentException.class, () -> new CharTokenizer(new int[] {0x110000}));
        assertThrows(IllegalArgumentException.class, () -> new CharTokenizer(new int[] {-1}));
        assertThrows(IllegalArgumentException.class, () -> CharTokenizer.of(""));
    }

    @Test
    void an_id_outside_the_vocabulary_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> TOKENIZER.decode(6));
        assertThrows(IllegalArgumentException.class, () -> TOKENIZER.decode(-1));
    }

    @Test
    void tokenizers_are_equal_when_their_ids_are() {
        assertEquals(TOKENIZER, new CharTokenizer(TOKENIZER.codePoints()));
        assertEquals(TOKENIZER.hashCode(), new CharTokenizer(TOKENIZER.codePoints()).hashCode());
        assertNotEquals(new CharTokenizer(new int[] {'a', 'b'}), new CharTokenizer(new int[] {'b', 'a'}));
    }
}
