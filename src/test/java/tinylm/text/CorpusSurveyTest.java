package tinylm.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusSurveyTest {

    /// Of one to four bytes in UTF-8.
    private static final int[] LETTERS =
            "ab\n\té\u0439\u4e2d\ud83d\ude00".codePoints().toArray();

    @TempDir
    Path folder;

    @RepeatedTest(6)
    void a_text_is_surveyed_as_the_corpus_that_a_run_makes_of_it(RepetitionInfo repetition) throws IOException {
        var text = text(new SplittableRandom(repetition.getCurrentRepetition()), 60_000);
        var file = Files.writeString(folder.resolve("t.txt"), text);
        var survey = CorpusSurvey.of("t", file);
        var corpus = Corpus.read(file);
        assertEquals(corpus.sha256(), survey.sha256());
        assertEquals(Files.size(file), survey.bytes());
        assertEquals(corpus.trainIds().length + corpus.validationIds().length, survey.characters());
        assertEquals(corpus.trainIds().length, CorpusSurvey.trainCharacters(survey.characters()));
        assertEquals(corpus.tokenizer(), CharTokenizer.of(survey.alphabet()));
        assertEquals(corpus.tokenizer().vocabSize(), survey.vocabSize());
        assertEquals(
                corpus.tokenizer().decode(Arrays.copyOf(corpus.validationIds(), 50)),
                CorpusSurvey.excerpt(file, corpus.trainIds().length, 50));
        assertEquals(text, CorpusSurvey.excerpt(file, 0, 70_000));
    }

    @RepeatedTest(20)
    void what_is_not_utf_8_is_told_by_the_same_line_and_column(RepetitionInfo repetition) throws IOException {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        byte[] bytes = text(random, 40_000).getBytes(UTF_8);
        int place = repetition.getCurrentRepetition() % 2 == 0 ? bytes.length - 1 : random.nextInt(bytes.length);
        bytes[place] = (byte) (0xF8 + random.nextInt(8));
        var expected = assertThrows(CorpusException.class, () -> Corpus.of("t", bytes));
        assertEquals(expected.getMessage(), refusal(bytes));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0|U+0000", "1b|U+001B", "7f|U+007F", "c285|U+0085"})
    void control_characters_are_refused_with_their_place(String hex, String told) throws IOException {
        var control = java.util.HexFormat.of().parseHex(hex.length() % 2 == 0 ? hex : "0" + hex);
        var bytes = new java.io.ByteArrayOutputStream();
        bytes.write("line\n".repeat(500).getBytes(UTF_8));
        bytes.write("é: ".getBytes(UTF_8));
        bytes.write(control);
        assertEquals(
                "The corpus t has the control character " + told + " at line 501, column 4. A text has none but tabs,"
                        + " line ends and page breaks, for they cannot be kept or shown.",
                refusal(bytes.toByteArray()));
    }

    @Test
    void a_text_that_is_too_short_is_refused() throws IOException {
        assertEquals(
                "The corpus t has 999 characters; a corpus needs at least 1000.",
                refusal("é".repeat(999).getBytes(UTF_8)));
        assertEquals("The corpus t has 0 characters; a corpus needs at least 1000.", refusal(new byte[0]));
    }

    private String refusal(byte[] bytes) throws IOException {
        var file = Files.write(folder.resolve("refused.txt"), bytes);
        return assertThrows(CorpusException.class, () -> CorpusSurvey.of("t", file))
                .getMessage();
    }

    private static String text(SplittableRandom random, int characters) {
        var text = new StringBuilder();
        for (int i = 0; i < characters; i++) {
            text.appendCodePoint(LETTERS[random.nextInt(LETTERS.length)]);
        }
        return text.toString();
    }
}
