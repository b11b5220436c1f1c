package tinylm.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;

/// JSON files read strictly: one object, no key twice, nothing after it, nothing of the wrong kind.
///
/// @param file for messages alone
record Json(Path file, ObjectNode root) {

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    static {
        MAPPER.getFactory()
                .setStreamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(32).build());
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static byte[] bytes(ObjectNode node) {
        try {
            return (MAPPER.writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] compactBytes(ObjectNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    static Object value(JsonNode node) {
        return MAPPER.convertValue(node, Object.class);
    }

    /// Reads a file of at most `mostBytes`; a link is no file.
    static Json read(Path file, int mostBytes) {
        return parse(file, fileBytes(file, mostBytes));
    }

    static byte[] fileBytes(Path file, int mostBytes) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new CheckpointException(file, "is missing, or is not a regular file.");
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(mostBytes + 1);
            if (bytes.length > mostBytes) {
                throw new CheckpointException(file, "is larger than the " + mostBytes + " bytes it may have.");
            }
            return bytes;
        } catch (IOException e) {
            throw new CheckpointException(file, "cannot be read: " + CheckpointException.reason(e) + ".", e);
        }
    }

    static Json parse(Path file, byte[] bytes) {
        try {
            if (MAPPER.readTree(bytes) instanceof ObjectNode root) {
                return new Json(file, root);
            }
            throw new CheckpointException(file, "does not hold a JSON object.");
        } catch (JsonProcessingException e) {
            throw new CheckpointException(file, "is not strict JSON: " + e.getOriginalMessage() + ".", e);
        } catch (IOException e) {
            throw new CheckpointException(file, "is not UTF-8 JSON: " + e.getMessage() + ".", e);
        }
    }

    /// The object under a name, for reading on.
    Json object(String name) {
        if (root.get(name) instanceof ObjectNode node) {
            return new Json(file, node);
        }
        throw wrong(name, "a JSON object");
    }

    int integer(String name, int least, int most) {
        return (int) integer(name, (long) least, (long) most);
    }

    long integer(String name, long least, long most) {
        var node = root.get(name);
        if (node == null
                || !node.isIntegralNumber()
                || !node.canConvertToLong()
                || node.longValue() < least
                || node.longValue() > most) {
            throw wrong(name, "a whole number from " + least + " to " + most);
        }
        return node.longValue();
    }

    double number(String name) {
        var node = root.get(name);
        if (node == null || !node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw wrong(name, "a finite number");
        }
        return node.doubleValue();
    }

    String text(String name) {
        var node = root.get(name);
        if (node == null || !node.isTextual()) {
            throw wrong(name, "a string");
        }
        return node.textValue();
    }

    /// Refuses unless the value, or its default where it is absent, is one of those allowed.
    void mustBe(String name, JsonNode absent, Object... allowed) {
        var node = root.get(name) == null ? absent : root.get(name);
        boolean right = Arrays.stream(allowed).map(Json::tree).anyMatch(one -> same(one, node));
        if (!right) {
            var allowedText =
                    Arrays.stream(allowed).map(one -> tree(one).toString()).toList();
            throw wrong(name, String.join(" or ", allowedText));
        }
    }

    CheckpointException wrong(String name, String allowed) {
        var node = root.get(name);
        String found = node == null ? "absent" : node.toString();
        return new CheckpointException(
                file,
                "has \"" + name + "\" " + (found.length() > 100 ? found.substring(0, 100) + "…" : found)
                        + " where only " + allowed + " is allowed.");
    }

    private static boolean same(JsonNode one, JsonNode other) {
        return one.isNumber() && other.isNumber() ? one.doubleValue() == other.doubleValue() : one.equals(other);
    }
}
