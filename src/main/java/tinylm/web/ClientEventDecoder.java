package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import tinylm.inference.SamplingParameters;
import tinylm.session.Refusal;
import tinylm.session.ResponseRequest;

/// Reads client events strictly: what is there must have the right type and range; fields that are not ours are
/// left alone, since stock clients send more of them.
final class ClientEventDecoder {

    /// The largest integer that JavaScript represents exactly, so a seed comes back as it was sent.
    static final long LARGEST_SEED = (1L << 53) - 1;

    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);

    private final LongSupplier seeds;

    /// @param seeds chooses a seed, 0 to 2^53 - 1, for a request that has none
    ClientEventDecoder(LongSupplier seeds) {
        this.seeds = seeds;
    }

    ClientEvent decode(String frame) {
        try {
            var event = new Fields(object(frame));
            var type = event.text("type").orElseThrow(() -> new InvalidField("type", "must be there"));
            return switch (type) {
                case "response.create" -> new ClientEvent.Create(create(event));
                case "response.cancel" ->
                    event.text("response_id")
                            .<ClientEvent>map(ClientEvent.CancelOne::new)
                            .orElseGet(ClientEvent.Cancel::new);
                default -> throw new InvalidField("type", "must be response.create or response.cancel");
            };
        } catch (InvalidField e) {
            return invalid(e.getMessage(), e.field);
        } catch (SamplingParameters.OutOfRange e) {
            return invalid(e.getMessage() + ".", e.parameter());
        }
    }

    private ResponseRequest create(Fields event) throws InvalidField {
        var defaults =
                SamplingParameters.defaults(event.whole("seed", 0, LARGEST_SEED).orElseGet(seeds::getAsLong));
        var parameters = new SamplingParameters(
                event.number("temperature").orElse(defaults.temperature()),
                event.integer("top_k").orElse(defaults.topK()),
                event.number("top_p").orElse(defaults.topP()),
                event.number("min_p").orElse(defaults.minP()),
                event.number("repetition_penalty").orElse(defaults.repetitionPenalty()),
                defaults.seed(),
                event.integer("max_output_tokens").orElse(defaults.maxTokens()));
        var input = event.text("input").orElseThrow(() -> new InvalidField("input", "must be there, as a string"));
        return new ResponseRequest(
                input, parameters, event.texts("stop"), event.text("previous_response_id"), OptionalInt.empty());
    }

    private static JsonNode object(String frame) throws InvalidField {
        try {
            JsonNode node = JSON.readValue(frame);
            if (node.isObject()) {
                return node;
            }
            throw new InvalidField("", "A message must be a JSON object, but this is " + kind(node));
        } catch (JsonProcessingException e) {
            throw new InvalidField("", "A message must be a JSON object, but this is no valid JSON");
        }
    }

    private static ClientEvent invalid(String message, String field) {
        return new ClientEvent.Invalid(Refusal.invalid("invalid_value", message, field));
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case BOOLEAN -> "true or false";
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

    /// The fields of an event; each is read as one type or refused.
    private record Fields(JsonNode event) {

        Optional<String> text(String name) throws InvalidField {
            var node = event.get(name);
            if (node != null && !node.isTextual()) {
                throw wrong(name, "a string", node);
            }
            return Optional.ofNullable(node).map(JsonNode::textValue);
        }

        Optional<Double> number(String name) throws InvalidField {
            var node = event.get(name);
            if (node != null && !node.isNumber()) {
                throw wrong(name, "a number", node);
            }
            return Optional.ofNullable(node).map(JsonNode::doubleValue);
        }

        Optional<Integer> integer(String name) throws InvalidField {
            return whole(name, Integer.MIN_VALUE, Integer.MAX_VALUE).map(Long::intValue);
        }

        Optional<Long> whole(String name, long least, long most) throws InvalidField {
            var node = event.get(name);
            if (node == null) {
                return Optional.empty();
            }
            boolean fits = node.isIntegralNumber() && node.canConvertToLong();
            if (!fits || node.longValue() < least || node.longValue() > most) {
                throw wrong(name, "a whole number between " + Math.max(least, 0) + " and " + most, node);
            }
            return Optional.of(node.longValue());
        }

        /// One string or a list of them.
        List<String> texts(String name) throws InvalidField {
            var node = event.get(name);
            if (node == null) {
                return List.of();
            }
            if (node.isTextual()) {
                return List.of(node.textValue());
            }
            if (!node.isArray()) {
                throw wrong(name, "a list of strings", node);
            }
            var texts = new ArrayList<String>();
            for (var element : node) {
                if (!element.isTextual()) {
                    throw wrong(name, "a list of strings alone", element);
                }
                texts.add(element.textValue());
            }
            return texts;
        }

        private static InvalidField wrong(String name, String wanted, JsonNode node) {
            return new InvalidField(name, "must be " + wanted + ", but is " + kind(node));
        }
    }

    private static final class InvalidField extends Exception {
        private final String field;

        InvalidField(String field, String sentence) {
            super((field.isEmpty() ? "" : field + " ") + sentence + ".");
            this.field = field;
        }
    }
}
