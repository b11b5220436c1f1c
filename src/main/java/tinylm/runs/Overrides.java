package tinylm.runs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tinylm.model.GptConfig;
import tinylm.training.TrainingConfig;

/// A config with single values changed, as a form or a program names them.
final class Overrides {

    private static final Set<String> OF_MODEL = Set.of("contextLength", "nLayer", "nHead", "nEmbd", "dropout");
    private static final Set<String> FIXED = Set.of("model");

    /// Takes nothing for something else: no text for a number, no fraction for a whole one.
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .build();

    private Overrides() {}

    /// @param changes field names with the values of JSON
    /// @throws RunRefused when a field is unknown, or the values are out of range or do not fit each other
    static TrainingConfig apply(TrainingConfig base, Map<String, Object> changes) {
        var fields = new TreeSet<>(OF_MODEL);
        fields.addAll(base.toMap().keySet());
        fields.removeAll(FIXED);
        for (String name : changes.keySet()) {
            if (!fields.contains(name)) {
                throw RunRefused.invalid(
                        name, "A config has no field \"" + name + "\"; it has " + String.join(", ", fields) + ".");
            }
        }
        changes.forEach((name, value) -> {
            if (value == null) {
                throw RunRefused.invalid(name, wrongType(name));
            }
        });
        var failure = failure(base, changes);
        if (failure.isPresent()) {
            throw refusal(base, changes, failure.get());
        }
        return merged(base, changes);
    }

    /// Blames the field without which the others would do, else one that would not do alone, else the last.
    private static RunRefused refusal(
            TrainingConfig base, Map<String, Object> changes, IllegalArgumentException failure) {
        for (String name : changes.keySet()) {
            var others = new LinkedHashMap<>(changes);
            others.remove(name);
            if (failure(base, others).isEmpty()) {
                return RunRefused.invalid(name, sentence(name, failure));
            }
        }
        String last = "";
        for (String name : changes.keySet()) {
            var alone = failure(base, Map.of(name, changes.get(name)));
            if (alone.isPresent()) {
                return RunRefused.invalid(name, sentence(name, alone.get()));
            }
            last = name;
        }
        return RunRefused.invalid(last, sentence(last, failure));
    }

    private static Optional<IllegalArgumentException> failure(TrainingConfig base, Map<String, Object> changes) {
        try {
            merged(base, changes);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(e);
        }
    }

    private static TrainingConfig merged(TrainingConfig base, Map<String, Object> changes) {
        var map = base.toMap();
        @SuppressWarnings("unchecked") // that is how JSON's objects come
        var model = new LinkedHashMap<>((Map<String, Object>) map.get("model"));
        changes.forEach((name, value) -> (OF_MODEL.contains(name) ? model : map).put(name, value));
        map.put("model", model);
        return STRICT.convertValue(map, TrainingConfig.class);
    }

    private static String wrongType(String field) {
        Class<?> type = Stream.of(TrainingConfig.class, GptConfig.class)
                .flatMap(owner -> Arrays.stream(owner.getRecordComponents()))
                .filter(component -> component.getName().equals(field))
                .findFirst()
                .orElseThrow()
                .getType();
        String wanted = switch (type.getName()) {
            case "int" -> "a whole number below 2147483648";
            case "long" -> "a whole number";
            case "double" -> "a number";
            default ->
                type.isEnum()
                        ? "one of "
                                + Arrays.stream(type.getEnumConstants())
                                        .map(Object::toString)
                                        .collect(Collectors.joining(", "))
                        : "a list like [{\"contextLength\": 64, \"until\": 0.25}]";
        };
        return field + " must be " + wanted + ".";
    }

    private static String sentence(String field, IllegalArgumentException failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        if (innermost instanceof JsonProcessingException || innermost instanceof NullPointerException) {
            return wrongType(field);
        }
        String message = innermost.getMessage();
        if (message.matches("n[A-Z].*")) { // begins with a name
            return message + ".";
        }
        return Character.toUpperCase(message.charAt(0)) + message.substring(1) + (message.endsWith(".") ? "" : ".");
    }
}
