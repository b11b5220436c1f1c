package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The real kustomize, which is part of kubectl.
final class Kustomize {

    private static final int OLDEST_MINOR_VERSION = 27;
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private final Path kubectl;

    private Kustomize(Path kubectl) {
        this.kubectl = kubectl;
    }

    /// At KUBECTL, or on the PATH. Without one the test is skipped, but not in CI.
    static Kustomize find() throws IOException, InterruptedException {
        var path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        var found = Stream.concat(
                        Stream.ofNullable(System.getenv("KUBECTL")).map(Path::of),
                        Stream.of(path.split(File.pathSeparator)).map(folder -> Path.of(folder, "kubectl")))
                .filter(Files::isRegularFile)
                .filter(Files::isExecutable)
                .toList();
        for (var kubectl : found) {
            var version = new ObjectMapper().readTree(run(kubectl, "version", "--client", "-o", "json"));
            var minor = version.at("/clientVersion/minor").asText("0").replaceAll("\\D", "");
            if (Integer.parseInt(minor) >= OLDEST_MINOR_VERSION) {
                return new Kustomize(kubectl);
            }
        }
        var message = "no kubectl 1." + OLDEST_MINOR_VERSION + " or later at KUBECTL or on the PATH";
        return "true".equals(System.getenv("CI")) ? failed(message) : abort(message);
    }

    private static Kustomize failed(String message) {
        throw new AssertionError(message);
    }

    /// @param folder below k8s/
    List<JsonNode> render(String folder) throws IOException, InterruptedException {
        return read(run(kubectl, "kustomize", "k8s/" + folder));
    }

    /// The objects of a YAML text.
    static List<JsonNode> read(String yaml) throws IOException {
        try (var objects = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            return objects.readAll();
        }
    }

    private static String run(Path kubectl, String... arguments) throws IOException, InterruptedException {
        var messages = Files.createTempFile("kubectl", ".txt");
        try {
            var process = new ProcessBuilder(Stream.concat(Stream.of(kubectl.toString()), Stream.of(arguments))
                            .toList())
                    .redirectError(messages.toFile())
                    .start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), () -> lines(messages));
            assertTrue(lines(messages).isEmpty(), () -> lines(messages)); // what is deprecated is told there
            return output;
        } finally {
            Files.delete(messages);
        }
    }

    private static String lines(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
