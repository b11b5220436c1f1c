package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.deploy.Installation.container;
import static tinylm.deploy.Installation.variable;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tinylm.runs.Job;
import tinylm.store.CheckpointStore;

/// What sets development and production apart.
class OverlaysTest {

    @Test
    void development_is_one_server_that_trains_and_has_its_disk_for_itself() throws Exception {
        var dev = Overlays.all().findFirst().orElseThrow().getPayload();
        var deployment = dev.all(Deployment.class).getFirst().getSpec();
        assertEquals(1, dev.all(Deployment.class).size());
        assertNull(deployment.getReplicas()); // one
        assertEquals("Recreate", deployment.getStrategy().getType());
        assertEquals("process", variable(container(deployment.getTemplate()), "TINYLM_TRAINING_LAUNCHER"));
    }

    @Test
    void production_loses_no_server_to_a_rollout_a_zone_or_a_drained_node() throws Exception {
        var production = Overlays.production();
        var servers = production.one(Deployment.class, "tinylm").getSpec();
        assertNull(servers.getReplicas());
        assertTrue(production
                        .one(HorizontalPodAutoscaler.class, "tinylm")
                        .getSpec()
                        .getMinReplicas()
                > 1);
        assertEquals(
                0, servers.getStrategy().getRollingUpdate().getMaxUnavailable().getIntVal());
        assertEquals(
                Set.of("topology.kubernetes.io/zone", "kubernetes.io/hostname"),
                Set.copyOf(servers.getTemplate().getSpec().getTopologySpreadConstraints().stream()
                        .map(spread -> spread.getTopologyKey())
                        .toList()));
        assertEquals(
                1,
                production
                        .one(PodDisruptionBudget.class, "tinylm")
                        .getSpec()
                        .getMaxUnavailable()
                        .getIntVal());
        assertEquals(
                List.of("ReadWriteMany"),
                production.one(PersistentVolumeClaim.class, "tinylm").getSpec().getAccessModes());
        assertEquals("none", variable(container(servers.getTemplate()), "TINYLM_TRAINING_LAUNCHER"));
    }

    @Test
    void production_has_one_trainer_and_workers_that_give_way_and_report_to_the_servers() throws Exception {
        var production = Overlays.production();
        var trainer = production.one(Deployment.class, "tinylm-trainer").getSpec();
        assertEquals(1, trainer.getReplicas());
        assertEquals("Recreate", trainer.getStrategy().getType());
        assertEquals("kubernetes", variable(container(trainer.getTemplate()), "TINYLM_TRAINING_LAUNCHER"));
        var template = Path.of(variable(container(trainer.getTemplate()), "TINYLM_TRAINING_KUBERNETES_TEMPLATE"));
        var mount = container(trainer.getTemplate()).getVolumeMounts().stream()
                .filter(one -> one.getMountPath().equals(template.getParent().toString()))
                .findFirst()
                .orElseThrow();
        var map = trainer.getTemplate().getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals(mount.getName()))
                .findFirst()
                .orElseThrow()
                .getConfigMap();
        assertTrue(production
                .one(ConfigMap.class, map.getName())
                .getData()
                .containsKey(template.getFileName().toString()));

        var job = production.job().orElseThrow().getSpec();
        var worker = container(job.getTemplate());
        assertEquals("worker", worker.getName());
        assertEquals("Never", job.getTemplate().getSpec().getRestartPolicy());
        assertEquals(
                worker.getResources().getLimits().get("cpu").getAmount(),
                variable(container(trainer.getTemplate()), "TINYLM_TRAINING_THREADS"));
        var rules = job.getPodFailurePolicy().getRules();
        assertEquals("Ignore", rules.getFirst().getAction());
        assertEquals(
                "DisruptionTarget",
                rules.getFirst().getOnPodConditions().getFirst().getType());
        assertEquals("FailJob", rules.getLast().getAction());
        assertEquals(List.of(1, 2), rules.getLast().getOnExitCodes().getValues());
        assertTrue(value(production, job.getTemplate())
                < value(production, production.servers().getFirst()));

        var address = URI.create(variable(worker, Job.SERVER));
        var service = production.one(Service.class, address.getHost()).getSpec();
        assertEquals(address.getPort(), service.getPorts().getFirst().getPort());
    }

    @Test
    void with_a_store_nothing_is_shared_but_the_store_and_all_else_is_as_in_production() throws Exception {
        var production = Overlays.production();
        var s3 = Overlays.named("production-s3");
        assertEquals(List.of(), s3.all(PersistentVolumeClaim.class));
        for (var pod : s3.pods()) {
            assertEquals(
                    Set.of("tinylm-store"),
                    Installation.sources(container(pod)).stream()
                            .map(source -> source.getSecretRef() == null
                                    ? source.getConfigMapRef().getName()
                                    : source.getSecretRef().getName())
                            .filter("tinylm-store"::equals)
                            .collect(Collectors.toSet()));
            assertEquals(
                    2,
                    pod.getSpec().getVolumes().stream()
                            .filter(volume -> volume.getEmptyDir() != null)
                            .count());
        }
        var store = s3.one(ConfigMap.class, "tinylm-store").getData();
        assertTrue(store.get(CheckpointStore.VARIABLE).startsWith("s3://"));
        assertEquals(worker(production), worker(s3));
    }

    /// A worker without what the store changes.
    private static io.fabric8.kubernetes.api.model.batch.v1.Job worker(Installation installation) {
        return new JobBuilder(installation.job().orElseThrow())
                .editSpec()
                .editTemplate()
                .editSpec()
                .editFirstContainer()
                .withEnvFrom()
                .endContainer()
                .withVolumes()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private static int value(Installation installation, PodTemplateSpec pod) {
        return installation
                .one(PriorityClass.class, pod.getSpec().getPriorityClassName())
                .getValue();
    }
}
