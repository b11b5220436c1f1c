package tinylm.web;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// A JSON object from a client, read strictly: each field as one type or refused with a sentence that says what it
/// must be. Fields that nobody asks for are left alone, since stock clients send more than are ours.
record JsonFields(JsonNode object) {

    /// Null means absent where OpenAI's schema allows it, and is refused like any other wrong type elsewhere.
    private static final Set<String> NULLABLE = Set.of(
            "temperature",
            "top_p",
            "top_logprobs",
            "max_output_tokens",
            "previous_response_id",
            "include",
            "max_tokens",
            "seed",
            "stop",
            "logprobs",
            "echo",
            "stream",
            "stream_options",
            "include_usage");

    /// Each level costs a parser hundreds of bytes, and no request of ours has more than four.
    private static final StreamReadConstraints SHALLOW =
            StreamReadConstraints.builder().maxNestingDepth(32).build();

    private static final ObjectReader JSON = JsonMapper.builder(
                    JsonFactory.builder().streamReadConstraints(SHALLOW).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);

    private static final ObjectMapper VALUES = new ObjectMapper();

    static JsonFields parse(String text) throws RequestRefused {
        try {
            JsonNode node = JSON.readValue(text);
            if (node.isObject()) {
                return new JsonFields(node);
            }
            throw new RequestRefused("", "A message must be a JSON object, but this is " + kind(node) + ".");
        } catch (JsonProcessingException e) {
            throw new RequestRefused(
                    "", "A message must be a JSON object, but this is no valid JSON or has a field twice.");
        }
    }

    /// Refuses a field that is not among those allowed, for it may be one misspelt.
    ///
    /// @param what has the fields, as a sentence begins
    void mayHave(String what, Set<String> allowed) throws RequestRefused {
        for (var names = object.fieldNames(); names.hasNext(); ) {
            var name = names.next();
            if (!allowed.contains(name)) {
                throw new RequestRefused(
                        name,
                        what + " has no field \"" + abbreviated(name) + "\"; it has "
                                + allowed.stream().sorted().collect(Collectors.joining(", ")) + ".");
            }
        }
    }

    Optional<String> text(String name) throws RequestRefused {
        return typed(name, JsonNode::isTextual, "a string").map(JsonNode::textValue);
    }

    Optional<Double> number(String name) throws RequestRefused {
        return typed(name, JsonNode::isNumber, "a number").map(JsonNode::doubleValue);
    }

    Optional<Boolean> flag(String name) throws RequestRefused {
        return typed(name, JsonNode::isBoolean, "true or false").map(JsonNode::booleanValue);
    }

    Optional<JsonFields> fields(String name) throws RequestRefused {
        return typed(name, JsonNode::isObject, "an object").map(JsonFields::new);
    }

    /// The values of an object as they are; none when it is absent.
    Map<String, Object> values(String name) throws RequestRefused {
        var fields = fields(name);
        return fields.isEmpty()
                ? Map.of()
                : VALUES.convertValue(fields.get().object(), new TypeReference<Map<String, Object>>() {});
    }

    Optional<Integer> integer(String name) throws RequestRefused {
        return whole(name, Integer.MIN_VALUE, Integer.MAX_VALUE).map(Long::intValue);
    }

    <T> T required(String name, Optional<T> value) throws RequestRefused {
        return value.orElseThrow(() -> new RequestRefused(name, name + " must be there."));
    }

    Optional<Long> whole(String name, long least, long most) throws RequestRefused {
        Predicate<JsonNode> fits = node -> node.isIntegralNumber()
                && node.canConvertToLong()
                && node.longValue() >= least
                && node.longValue() <= most;
        return typed(name, fits, "a whole number between " + Math.max(least, 0) + " and " + most)
                .map(JsonNode::longValue);
    }

    /// One string or a list of them.
    List<String> texts(String name) throws RequestRefused {
        var node = present(name);
        if (node.isEmpty()) {
            return List.of();
        }
        if (node.get().isTextual()) {
            return List.of(node.get().textValue());
        }
        if (!node.get().isArray()) {
            throw wrong(name, "a string or a list of strings", node.get());
        }
        var texts = new ArrayList<String>();
        for (var element : node.get()) {
            if (!element.isTextual()) {
                throw wrong(name, "a list of strings alone", element);
            }
            texts.add(element.textValue());
        }
        return texts;
    }

    /// Refuses a value that cannot be honoured; null and absent are always harmless.
    ///
    /// @param allowed goes on after "must be"
    void mustBe(String name, Predicate<JsonNode> harmless, String allowed) throws RequestRefused {
        typed(name, node -> node.isNull() || harmless.test(node), allowed);
    }

    private Optional<JsonNode> typed(String name, Predicate<JsonNode> fits, String wanted) throws RequestRefused {
        var node = present(name);
        if (node.isPresent() && !fits.test(node.get())) {
            throw wrong(name, wanted, node.get());
        }
        return node;
    }

    private Optional<JsonNode> present(String name) {
        return Optional.ofNullable(object.get(name)).filter(node -> !node.isNull() || !NULLABLE.contains(name));
    }

    private static RequestRefused wrong(String name, String wanted, JsonNode node) {
        return new RequestRefused(name, name + " must be " + wanted + ", but is " + kind(node) + ".");
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case BOOLEAN -> node.booleanValue() ? "true" : "false";
            case NULL -> "null";
            case NUMBER -> "the number " + abbreviated(node.asText());
            case STRING -> "a string";
            case OBJECT -> "an object";
            case BINARY, MISSING, POJO -> "nothing";
        };
    }

    private static String abbreviated(String text) {
        return text.length() <= 24 ? text : text.substring(0, 24) + "…";
    }
}
