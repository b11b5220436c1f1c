package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The official npm package, unmodified: `clients/stock.mjs` run by Node, where there is one.
@QuarkusTest
class NodeClientTest {

    /// The newest there are; they run on Node 20 too, though the first names 22.
    private static final List<String> PACKAGES = List.of("openai@7.57.0", "ws@8.21.0");

    private static final Path DIRECTORY = Path.of("target", "npm-client").toAbsolutePath();

    @TestHTTPResource("/")
    URI server;

    @Test
    void stock_npm_clients_find_all_they_know() throws Exception {
        assumeTrue(runs("node", "--version") && runs("npm", "--version"), "Node and npm are not here");
        Files.createDirectories(DIRECTORY);
        boolean installed = install();
        assumeTrue(installed || "true".equals(System.getenv("CI")), "npm cannot install " + PACKAGES + " here");
        assertTrue(installed, "npm installs " + PACKAGES);
        Files.copy(
                Path.of("src/test/resources/clients/stock.mjs"),
                DIRECTORY.resolve("stock.mjs"),
                StandardCopyOption.REPLACE_EXISTING);
        var address = server.toString().replaceFirst("/$", "");
        var log = DIRECTORY.resolve("log.txt");
        int code = run(log, 120, "node", "stock.mjs", address);
        assertEquals(0, code, Files.readString(log));
    }

    private static boolean install() throws IOException {
        if (Files.isDirectory(DIRECTORY.resolve("node_modules/openai"))) {
            return true;
        }
        Files.writeString(DIRECTORY.resolve("package.json"), "{\"private\": true}");
        var command = new ArrayList<>(List.of("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"));
        command.addAll(PACKAGES);
        return run(DIRECTORY.resolve("npm.txt"), 180, command.toArray(String[]::new)) == 0;
    }

    private static boolean runs(String... command) throws IOException {
        try {
            return run(Files.createTempFile("version", ".txt"), 20, command) == 0;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static int run(Path log, int seconds, String... command) {
        try {
            var process = new ProcessBuilder(command)
                    .directory((Files.isDirectory(DIRECTORY) ? DIRECTORY : Path.of(".")).toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        String.join(" ", command) + " takes more than " + seconds + " s: " + Files.readString(log));
            }
            return process.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
