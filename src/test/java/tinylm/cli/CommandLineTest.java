package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tinylm.training.OwnText;

/// The commands as a person types them, in this process.
class CommandLineTest {

    @TempDir
    private Path folder;

    private record Result(int code, String out, String err) {}

    private static Result run(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        var outBytes = new ByteArrayOutputStream();
        var errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            int code = Main.run(arguments);
            return new Result(
                    code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void trains_resumes_generates_and_scores() throws Exception {
        Path corpus = folder.resolve("own.txt");
        Files.writeString(corpus, OwnText.text(20_000));
        String out = folder.resolve("run").toString();
        String[] train = {
            "train",
            "--corpus",
            corpus.toString(),
            "--out",
            out,
            "--preset",
            "demo",
            "--steps",
            "12",
            "--layers",
            "2",
            "--width",
            "32",
            "--heads",
            "2",
            "--context",
            "32",
            "--curriculum",
            "none",
            "--evaluate-every",
            "6"
        };
        Result trained = run(train);
        assertEquals(0, trained.code, trained.err);
        assertTrue(trained.err.contains("step 12: training loss"), trained.err);
        assertTrue(trained.err.contains("val-full-32"), trained.err);

        Result again = run(train);
        assertEquals(1, again.code);
        assertTrue(again.err.contains("--resume"), again.err);

        Result fewer = run("train", "--resume", "--corpus", corpus.toString(), "--out", out, "--steps", "4");
        assertEquals(1, fewer.code);
        assertTrue(fewer.err.contains("has done 12 steps already"), fewer.err);

        Path other = folder.resolve("other.txt");
        Files.writeString(other, "We know €, and nothing else of that text.\n".repeat(40));
        Result elsewhere = run("train", "--resume", "--corpus", other.toString(), "--out", out);
        assertEquals(1, elsewhere.code);
        assertTrue(elsewhere.err.contains("learnt another text"), elsewhere.err);

        Result resumed = run("train", "--resume", "--corpus", corpus.toString(), "--out", out, "--steps", "18");
        assertEquals(0, resumed.code, resumed.err);
        assertTrue(resumed.err.contains("steps 12 to 18"), resumed.err);

        String[] generate = {"generate", "--checkpoint", out, "--prompt", "Oh, ", "--tokens", "40", "--seed", "5"};
        Result first = run(generate);
        assertEquals(0, first.code, first.err);
        assertTrue(first.out.startsWith("Oh, "), first.out);
        assertEquals("Oh, ".length() + 40 + System.lineSeparator().length(), first.out.length(), first.out);
        assertTrue(first.err.contains("seed 5"), first.err);
        assertEquals(first.out, run(generate).out);

        Result scored = run("score", "--checkpoint", out, "--corpus", corpus.toString());
        assertEquals(0, scored.code, scored.err);
        assertTrue(scored.out.matches("val-full-32 \\d\\.\\d{6}\\R"), scored.out);
    }

    @Test
    void every_command_says_its_version() {
        for (String command : new String[] {"", "serve", "train", "generate", "score", "bench"}) {
            Result result = run((command + " --version").trim().split(" "));
            assertEquals(0, result.code);
            assertTrue(result.out.startsWith("tinylm "), command + ": " + result.out);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train --steps 0                      | steps must lie in 1..10,000,000, but is 0",
                "train --heads 5                      | --heads must divide --width",
                "train --dropout 1                    | dropout must be at least 0 and below 1",
                "train --learning-rate NaN            | learning rate must be above 0",
                "train --curriculum 64                | is written CONTEXT:SHARE",
                "train --curriculum 512:0.5           | at most the model's, 256",
                "train --preset huge                  | expected one of",
                "train --threads 0                    | --threads must lie in 1..256, but is 0",
                "train --nonsense                     | Unknown option",
                "generate --tokens 0                  | --tokens must be at least 1, but is 0",
                "generate --temperature 3             | --temperature must be between 0 and 2, but is 3",
                "generate --top-p 0                   | --top-p must be above 0",
                "generate --prompt €                  | U+20AC",
                "train --context 1                    | --context must lie in 2..65536, but is 1",
                "serve --port 70000                   | --port must lie in 0..65535",
                "serve --host nowhere.invalid         | --host nowhere.invalid is no address",
                "serve --port x                       | Invalid value for option '--port'",
                "sing                                 | Unmatched argument"
            })
    void wrong_usage_is_a_sentence_and_exit_code_2(String line, String sentence) throws Exception {
        Path corpus = folder.resolve("own.txt");
        Files.writeString(corpus, OwnText.text(20_000));
        String command =
                line.startsWith("train") ? line + " --corpus " + corpus + " --out " + folder.resolve("run") : line;
        Result result = run(command.trim().split(" +"));
        assertEquals(2, result.code, result.err);
        assertTrue(result.err.contains(sentence), result.err);
        assertFalse(result.err.contains("\tat "), result.err);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "score --checkpoint nowhere    | nowhere is not a directory",
                "generate --checkpoint nowhere | nowhere is not a directory",
                "serve --checkpoint nowhere    | nowhere is not a directory",
                "train --out pom.xml           | pom.xml cannot be a run's folder",
                "train --corpus nowhere        | There is no corpus file nowhere",
                "train --resume --out nowhere  | nowhere holds no checkpoint to resume from",
            })
    void a_failure_is_a_sentence_and_exit_code_1(String line, String sentence) throws Exception {
        Path corpus = folder.resolve("own.txt");
        Files.writeString(corpus, OwnText.text(20_000));
        String command = line.contains("--out pom.xml") ? line + " --corpus " + corpus : line;
        Result result = run(command.trim().split(" +"));
        assertEquals(1, result.code, result.err);
        assertTrue(result.err.contains(sentence), result.err);
        assertFalse(result.err.contains("\tat "), result.err);
    }
}
