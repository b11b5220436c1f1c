package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.model.Torch;
import tinylm.training.CodeVersion;

class EnvironmentTest {

    @TempDir
    Path folder;

    @Test
    void a_worker_says_what_it_computes_with() {
        var here = Environment.here(3);
        assertEquals(CodeVersion.CURRENT, here.tinylm());
        assertEquals(3, here.threads());
        assertTrue(here.java().startsWith(Runtime.version().toString()), here.java());
        assertTrue(
                here.engine()
                        .matches("PyTorch [0-9.]+ by DJL [0-9.]+"
                                + (Torch.isToldAvx512() ? ", MKL told to use AVX-512" : "")),
                here.engine());
        assertTrue(here.cores() >= 1);
        assertTrue(here.system().startsWith(System.getProperty("os.name")), here.system());
        assertTrue(!here.processor().isBlank());
    }

    @Test
    void workers_that_are_alike_are_named_once_and_others_in_order() throws Exception {
        assertEquals(List.of(), Environment.of(folder));
        var one = environment(1);
        var two = environment(2);
        for (var worker : List.of(one, one, two, one)) {
            worker.addTo(folder);
        }
        assertEquals(List.of(one, two, one), Environment.of(folder));
    }

    @Test
    void a_damaged_file_says_nothing_and_hinders_nobody() throws Exception {
        for (var damage : List.of("", "[{", "{}", "[{\"java\": []}]", "\u0000")) {
            Files.writeString(folder.resolve(Environment.FILE), damage);
            assertEquals(List.of(), Environment.of(folder), damage);
        }
        environment(1).addTo(folder);
        assertEquals(List.of(environment(1)), Environment.of(folder));
    }

    private static Environment environment(int threads) {
        return new Environment("0", "25", "PyTorch", "a \"fast\" one", 4, threads, "Linux");
    }
}
