package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The launcher in a folder with a space in its name, over the packaged program.
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherIT {

    @TempDir
    private Path folder;

    private Path launcher;

    @BeforeEach
    void copyTheLauncher() throws IOException {
        Path home = Files.createDirectories(folder.resolve("a home"));
        launcher = Files.copy(Path.of("tinylm"), home.resolve("tinylm"));
        launcher.toFile().setExecutable(true);
        Path target = Files.createDirectories(home.resolve("target"));
        Files.createSymbolicLink(
                target.resolve("quarkus-app"), Path.of("target/quarkus-app").toAbsolutePath());
        Files.createFile(target.resolve("tinylm-built"));
    }

    private record Result(int code, String output) {}

    private Result run(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    @Test
    void runs_from_anywhere_and_through_a_link() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), launcher);
        for (Path program : List.of(launcher, link)) {
            Result result = run(program, "generate", "--version");
            assertEquals(0, result.code, result.output);
            assertTrue(result.output.contains("tinylm "), result.output);
        }
    }

    @Test
    void passes_arguments_on_as_they_are_and_the_exit_code_back() throws Exception {
        Result result = run(launcher, "generate", "--checkpoint", "not *here* at all");
        assertEquals(1, result.code, result.output);
        assertTrue(result.output.contains("not *here* at all is not a directory"), result.output);
        assertEquals(2, run(launcher, "sing").code);
    }

    @Test
    void takes_the_java_and_the_cache_that_an_image_brings() throws Exception {
        Path runtime = launcher.resolveSibling("runtime");
        Path java = Files.createDirectories(runtime.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '[%s]' \"$@\"\n");
        assertTrue(java.toFile().setExecutable(true));
        assertFalse(run(launcher, "serve").output.contains("AOTCache"));
        Path cache = Files.createFile(runtime.resolve("serve.aot")).toRealPath();
        Result served = run(launcher, "serve");
        assertTrue(served.output.contains("[-XX:AOTCache=" + cache + "]"), served.output);
        assertTrue(served.output.endsWith("[serve]"), served.output);
        assertFalse(run(launcher, "generate").output.contains("AOTCache"));
    }

    @Test
    void builds_when_a_source_is_newer() throws Exception {
        Path home = launcher.getParent();
        Files.setLastModifiedTime(home.resolve("target/tinylm-built"), FileTime.fromMillis(0));
        Files.writeString(home.resolve("pom.xml"), "this is no project");
        Result result = run(launcher, "generate", "--version");
        assertEquals(1, result.code, result.output);
        assertTrue(result.output.contains("Building tinylm"), result.output);
        assertTrue(result.output.contains("the build failed"), result.output);
    }
}
