package tinylm.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/// A command of the packaged program in a process of its own, started as the launcher starts it.
final class PackagedProcess implements AutoCloseable {

    private static final Path APPLICATION = Path.of("target/quarkus-app").toAbsolutePath();

    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Path folder;
    private final Thread reader;

    private PackagedProcess(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        reader = Thread.ofPlatform()
                .daemon()
                .start(
                        () -> { // reading a pipe, a virtual one would hold its carrier
                            try (var output = new BufferedReader(
                                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                                output.lines().forEach(lines::add);
                            } catch (IOException | UncheckedIOException e) {
                                lines.add("(output ended: " + e.getMessage() + ")");
                            }
                        });
    }

    /// Runs in `folder`, standard error joined to standard output.
    static PackagedProcess start(Path folder, String... arguments) throws IOException {
        return start(folder, Map.of(), arguments);
    }

    /// @param environment beside this process's own
    static PackagedProcess start(Path folder, Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-Dtinylm-home=" + Path.of("").toAbsolutePath()));
        if (arguments[0].equals("serve")) {
            command.addAll(
                    List.of("-jar", APPLICATION.resolve("quarkus-run.jar").toString()));
        } else {
            command.addAll(List.of(
                    "-cp",
                    String.join(":", APPLICATION + "/app/*", APPLICATION + "/lib/boot/*", APPLICATION + "/lib/main/*"),
                    "tinylm.cli.Main"));
        }
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("DJL_OFFLINE", "true");
        builder.environment().put("GOMP_SPINCOUNT", "10000");
        // a server has its database to itself
        builder.environment()
                .put(
                        "TINYLM_DATABASE",
                        folder.toAbsolutePath()
                                .resolve("db-" + UUID.randomUUID())
                                .toString());
        builder.environment().putAll(environment);
        return new PackagedProcess(builder.start(), folder);
    }

    List<String> lines() {
        return lines;
    }

    String output() {
        return String.join("\n", lines);
    }

    /// Waits until a line has `text`, and returns the line.
    String await(String text) {
        Awaitility.await("a line with \"" + text + "\"")
                .atMost(Duration.ofSeconds(90))
                .until(() -> !process.isAlive() || lines.stream().anyMatch(line -> line.contains(text)));
        return lines.stream()
                .filter(line -> line.contains(text))
                .findFirst()
                .orElseThrow(() -> new AssertionError("ended without \"" + text + "\": " + output()));
    }

    /// Where a server says that it is, as 127.0.0.1:8080.
    String address() {
        var said = Pattern.compile("http://([0-9.]+:[0-9]+)").matcher(await("tinylm is at http"));
        if (!said.find()) {
            throw new AssertionError(output());
        }
        return said.group(1);
    }

    long pid() {
        return process.pid();
    }

    /// Sends a signal by name, as `TERM` or `INT`.
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /// Seconds until it ended; fails when it does not within `most`.
    double secondsToEnd(Duration most) throws InterruptedException {
        long start = System.nanoTime();
        if (!process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still running after " + most.toSeconds() + " s: " + output());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        reader.join(Duration.ofSeconds(10)); // what it said last may still be in the pipe
        return seconds;
    }

    boolean hasEnded() {
        return !process.isAlive();
    }

    int exitCode() {
        return process.exitValue();
    }

    /// Reports of JVM crashes in its folder.
    List<Path> crashReports() throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("hs_err_pid"))
                    .toList();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
