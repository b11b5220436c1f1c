package tinylm.deploy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import java.util.HashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;

/// Reads objects by the models of Kubernetes and of the Prometheus operator. A field that is not in a model is an
/// error, and so is a number where a text must stand, as they are to the API server.
final class KubernetesModels {

    /// There is no model of these.
    private static final Set<String> UNCHECKED = Set.of("keda.sh/v1alpha1 ScaledObject");

    private static final JsonMapper STRICT = JsonMapper.builder()
            .annotationIntrospector(new JacksonAnnotationIntrospector() {
                @Override
                public Boolean hasAnySetter(Annotated method) {
                    return false; // the models have one, which swallows what is misspelt
                }
            })
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    private static final Map<String, Class<? extends HasMetadata>> CLASSES = classes();

    private KubernetesModels() {}

    private static Map<String, Class<? extends HasMetadata>> classes() {
        var classes = new HashMap<String, Class<? extends HasMetadata>>();
        ServiceLoader.load(KubernetesResource.class).stream()
                .map(ServiceLoader.Provider::type)
                .filter(HasMetadata.class::isAssignableFrom)
                .map(type -> type.asSubclass(HasMetadata.class))
                .forEach(type -> classes.put(HasMetadata.getApiVersion(type) + " " + HasMetadata.getKind(type), type));
        return Map.copyOf(classes);
    }

    static boolean isUnchecked(JsonNode object) {
        return UNCHECKED.contains(name(object));
    }

    /// @throws JsonProcessingException when the object is not as its model says
    static HasMetadata read(JsonNode object) throws JsonProcessingException {
        var type = CLASSES.get(name(object));
        if (type == null) {
            throw new AssertionError("There is no " + name(object));
        }
        return STRICT.treeToValue(object, type);
    }

    private static String name(JsonNode object) {
        return object.path("apiVersion").asText() + " " + object.path("kind").asText();
    }
}
