package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The objects of k8s/ fit together.
class ReferencesTest {

    private static final String OVERLAYS = "tinylm.deploy.Overlays#all";

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void whatever_is_named_is_there(Installation installation) throws IOException {
        var secrets = ExampleSecrets.read();
        for (var pod : installation.pods()) {
            var spec = pod.getSpec();
            assertTrue(installation.has(ServiceAccount.class, spec.getServiceAccountName()));
            if (spec.getPriorityClassName() != null) {
                installation.one(PriorityClass.class, spec.getPriorityClassName());
            }
            for (var volume : spec.getVolumes()) {
                if (volume.getConfigMap() != null) {
                    installation.one(ConfigMap.class, volume.getConfigMap().getName());
                }
                if (volume.getPersistentVolumeClaim() != null) {
                    installation.one(
                            PersistentVolumeClaim.class,
                            volume.getPersistentVolumeClaim().getClaimName());
                }
            }
            for (var source : Installation.sources(Installation.container(pod))) {
                if (source.getSecretRef() != null) {
                    assertTrue(secrets.containsKey(source.getSecretRef().getName()));
                } else {
                    installation.one(ConfigMap.class, source.getConfigMapRef().getName());
                }
            }
        }
        for (var monitor : installation.all(ServiceMonitor.class)) {
            for (var endpoint : monitor.getSpec().getEndpoints()) {
                var key = endpoint.getAuthorization().getCredentials();
                assertTrue(secrets.get(key.getName()).containsKey(key.getKey()));
            }
        }
        for (var ingress : installation.all(Ingress.class)) {
            assertTrue(secrets.containsKey(ingress.getSpec().getTls().getFirst().getSecretName()));
            for (var path : ingress.getSpec().getRules().getFirst().getHttp().getPaths()) {
                var backend = path.getBackend().getService();
                assertEquals(
                        backend.getPort().getName(),
                        installation
                                .one(Service.class, backend.getName())
                                .getSpec()
                                .getPorts()
                                .getFirst()
                                .getName());
            }
        }
        installation
                .all(HorizontalPodAutoscaler.class)
                .forEach(scaler -> installation.one(
                        Deployment.class, scaler.getSpec().getScaleTargetRef().getName()));
        installation
                .unchecked()
                .forEach(scaler -> installation.one(
                        Deployment.class, scaler.at("/spec/scaleTargetRef/name").asText()));
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void whoever_is_selected_is_there(Installation installation) {
        var selectors = Stream.of(
                        installation.all(Service.class).stream()
                                .map(service -> service.getSpec().getSelector()),
                        installation.all(PodDisruptionBudget.class).stream()
                                .map(budget -> budget.getSpec().getSelector().getMatchLabels()),
                        installation.all(NetworkPolicy.class).stream()
                                .map(policy -> policy.getSpec().getPodSelector().getMatchLabels()))
                .flatMap(each -> each)
                .filter(Objects::nonNull)
                .toList();
        assertTrue(selectors.size() > 3);
        for (var selector : selectors) {
            assertTrue(
                    installation.pods().stream()
                            .anyMatch(pod ->
                                    pod.getMetadata().getLabels().entrySet().containsAll(selector.entrySet())),
                    selector.toString());
        }
        for (var deployment : installation.all(Deployment.class)) {
            assertEquals(
                    deployment.getSpec().getSelector().getMatchLabels(),
                    deployment.getSpec().getTemplate().getMetadata().getLabels());
        }
    }
}
