package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What an overlay installs.
///
/// @param objects as the models have them
/// @param unchecked those without a model
/// @param job the template of workers, where the overlay has one
record Installation(List<HasMetadata> objects, List<JsonNode> unchecked, Optional<Job> job) {

    static Installation of(List<JsonNode> rendered) throws IOException {
        var objects = new ArrayList<HasMetadata>();
        var unchecked = new ArrayList<JsonNode>();
        for (var object : rendered) {
            if (KubernetesModels.isUnchecked(object)) {
                unchecked.add(object);
            } else {
                objects.add(KubernetesModels.read(object));
            }
        }
        Optional<Job> job = Optional.empty();
        for (var object : objects) {
            if (object instanceof ConfigMap map && map.getData().containsKey("job.yaml")) {
                var template = Kustomize.read(map.getData().get("job.yaml"));
                job = Optional.of((Job) KubernetesModels.read(template.getFirst()));
            }
        }
        return new Installation(List.copyOf(objects), List.copyOf(unchecked), job);
    }

    <T> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    <T extends HasMetadata> T one(Class<T> kind, String name) {
        return all(kind).stream()
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("There is no " + kind.getSimpleName() + " " + name));
    }

    boolean has(Class<? extends HasMetadata> kind, String name) {
        return all(kind).stream()
                .anyMatch(object -> object.getMetadata().getName().equals(name));
    }

    /// Of servers.
    List<PodTemplateSpec> servers() {
        return all(Deployment.class).stream()
                .map(deployment -> deployment.getSpec().getTemplate())
                .toList();
    }

    /// Of servers and workers.
    List<PodTemplateSpec> pods() {
        return Stream.concat(
                        servers().stream(),
                        job.stream().map(one -> one.getSpec().getTemplate()))
                .toList();
    }

    /// The only one of the pod.
    static Container container(PodTemplateSpec pod) {
        assertEquals(1, pod.getSpec().getContainers().size());
        return pod.getSpec().getContainers().getFirst();
    }

    /// The value of a variable that the container has of its own.
    static String variable(Container container, String name) {
        return container.getEnv().stream()
                .filter(variable -> variable.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is not set"))
                .getValue();
    }

    /// Where its other variables come from.
    static List<EnvFromSource> sources(Container container) {
        var sources = container.getEnvFrom();
        return sources == null ? List.of() : sources;
    }
}
