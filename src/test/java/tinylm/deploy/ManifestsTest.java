package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What kustomize makes of k8s/ is what Kubernetes knows, fits together, and gives nobody more than is needed. Every
/// overlay is read strictly before any of these.
class ManifestsTest {

    private static final String OVERLAYS = "tinylm.deploy.Overlays#all";

    @Test
    void a_misspelt_field_and_a_value_of_another_type_are_errors() throws IOException {
        var good = Files.readString(Path.of("k8s/overlays/production/job.yaml"));
        KubernetesModels.read(Kustomize.read(good).getFirst());
        for (var bad : List.of(
                good.replace("podFailurePolicy", "podFailurePolicies"),
                good.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem"),
                good.replace("value: http://tinylm-trainer:8080", "value: 8080"),
                good.replace("value: http://tinylm-trainer:8080", "value: true"),
                good.replace("backoffLimit: 5", "backoffLimit: five"),
                good.replace("backoffLimit: 5", "backoffLimit: '5'"))) {
            assertNotEquals(good, bad);
            var object = Kustomize.read(bad).getFirst();
            assertThrows(JsonProcessingException.class, () -> KubernetesModels.read(object), bad);
        }
        var unknown = Kustomize.read(good.replace("batch/v1", "batch/v2")).getFirst();
        assertThrows(AssertionError.class, () -> KubernetesModels.read(unknown));
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void everything_is_in_one_restricted_namespace_and_no_secret_is_in_the_tree(Installation installation) {
        var namespace = installation.all(Namespace.class).getFirst().getMetadata();
        for (var mode : List.of("enforce", "audit", "warn")) {
            assertEquals("restricted", namespace.getLabels().get("pod-security.kubernetes.io/" + mode));
        }
        for (var object : installation.objects()) {
            var ofTheCluster = object instanceof Namespace || object instanceof PriorityClass;
            assertEquals(
                    ofTheCluster ? null : namespace.getName(),
                    object.getMetadata().getNamespace(),
                    object.getFullResourceName());
        }
        for (var object : installation.unchecked()) {
            assertEquals(namespace.getName(), object.at("/metadata/namespace").asText());
        }
        assertEquals(List.of(), installation.all(Secret.class));
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void only_the_trainer_has_rights_and_exactly_those_of_its_launcher(Installation installation) throws IOException {
        assertEquals(List.of(), installation.all(ClusterRole.class));
        assertEquals(List.of(), installation.all(ClusterRoleBinding.class));
        for (var binding : installation.all(RoleBinding.class)) {
            assertEquals(
                    List.of("tinylm-trainer"),
                    binding.getSubjects().stream().map(who -> who.getName()).toList());
            installation.one(Role.class, binding.getRoleRef().getName());
        }
        Map<String, Set<String>> verbs = new HashMap<>();
        for (var role : installation.all(Role.class)) {
            for (var rule : role.getRules()) {
                var group = rule.getApiGroups().getFirst();
                assertEquals(1, rule.getApiGroups().size());
                for (var resource : rule.getResources()) {
                    verbs.put(group.isEmpty() ? resource : group + "/" + resource, Set.copyOf(rule.getVerbs()));
                }
            }
        }
        boolean hasJobs = installation.job().isPresent();
        assertEquals(hasJobs ? LauncherRights.VERBS : Map.of(), verbs);
        for (var account : installation.all(ServiceAccount.class)) {
            assertEquals(false, account.getAutomountServiceAccountToken());
        }
        for (var pod : installation.pods()) {
            assertEquals(
                    pod.getSpec().getServiceAccountName().equals("tinylm-trainer"),
                    pod.getSpec().getAutomountServiceAccountToken());
        }
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void every_variable_is_one_that_the_program_reads(Installation installation) throws IOException {
        for (var pod : installation.servers()) {
            var container = pod.getSpec().getContainers().getFirst();
            var fromMaps = Installation.sources(container).stream()
                    .filter(source -> source.getConfigMapRef() != null)
                    .map(source -> source.getConfigMapRef().getName())
                    .flatMap(name -> installation.one(ConfigMap.class, name).getData().keySet().stream());
            var own = container.getEnv().stream().map(EnvVar::getName);
            var unknown = Stream.concat(fromMaps, own).filter(name -> !Settings.isKnown(name));
            assertEquals(List.of(), unknown.toList());
        }
        for (var name : ExampleSecrets.read().get("tinylm").keySet()) {
            assertTrue(Settings.isKnown(name), name);
        }
        assertFalse(Settings.isKnown("TINYLM_TICKETKEY"));
        installation
                .job()
                .ifPresent(job -> job.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getEnv()
                        .forEach(variable ->
                                assertTrue(Settings.isKnownToWorkers(variable.getName()), variable.getName())));
    }
}
