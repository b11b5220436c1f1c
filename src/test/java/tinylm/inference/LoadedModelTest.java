package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.checkpoint.Babble;
import tinylm.checkpoint.Checkpoint;

class LoadedModelTest {

    private static final int LENGTH = 100;

    @TempDir
    private Path folder;

    private Checkpoint checkpoint;

    @BeforeEach
    void save() {
        checkpoint = Babble.save(folder.resolve("run"), "abcdefgh \n", 32, 1, 1);
    }

    @Test
    void an_example_changes_nothing_but_the_time_and_one_that_cannot_be_used_is_passed_over() throws IOException {
        var settings = LoadedModel.Settings.alone(4, 1);
        var expected = write(settings);
        assertEquals(LENGTH, expected.size());
        var own = new StringBuilder();
        expected.forEach(id -> own.append(checkpoint.tokenizer().decode(id)));
        assertEquals(
                expected,
                write(settings.withExample(file("own.txt", own.toString().repeat(20)))));
        assertEquals(expected, write(settings.withExample(file("short.txt", "a"))));
        assertEquals(expected, write(settings.withExample(file("empty.txt", ""))));
        assertEquals(expected, write(settings.withExample(file("foreign.txt", "abc xyz"))));
        assertEquals(expected, write(settings.withExample(folder.resolve("missing.txt"))));
        assertEquals(expected, write(settings.withExample(folder)));
        var malformed = Files.write(folder.resolve("malformed.txt"), new byte[] {'a', (byte) 0xff, 'b'});
        assertEquals(expected, write(settings.withExample(malformed)));
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private List<Integer> write(LoadedModel.Settings settings) {
        try (var model = LoadedModel.open(checkpoint, settings)) {
            var heard = new Recorder();
            model.engine()
                    .submit(
                            GenerationRequest.of(
                                    new int[] {1, 2, 3},
                                    SamplingParameters.defaults(7).withMaxTokens(LENGTH)),
                            heard);
            heard.awaitFinished();
            return heard.ids();
        }
    }
}
