package tinylm.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tinylm.deploy.Installation.container;

import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tinylm.web.ServerConfig;

/// How the pods of k8s/ run: watched, within bounds, without privilege, and ended with patience.
class PodsTest {

    private static final String OVERLAYS = "tinylm.deploy.Overlays#all";
    private static final String UID = "10001";
    /// Drain gives those whose time is up a second, and sockets another.
    private static final int LAST_WORDS_SECONDS = 2;

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void servers_are_watched_where_they_tell_how_they_are(Installation installation) {
        for (var pod : installation.servers()) {
            var server = container(pod);
            assertEquals(8080, server.getPorts().getFirst().getContainerPort());
            assertEquals("http", server.getPorts().getFirst().getName());
            assertAsks("/q/health/started", server.getStartupProbe());
            assertAsks("/q/health/ready", server.getReadinessProbe());
            assertAsks("/q/health/live", server.getLivenessProbe());
        }
    }

    private static void assertAsks(String path, Probe probe) {
        assertEquals(path, probe.getHttpGet().getPath());
        assertEquals("http", probe.getHttpGet().getPort().getStrVal());
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void every_container_has_requests_and_limits(Installation installation) {
        for (var pod : installation.pods()) {
            var resources = container(pod).getResources();
            for (var resource : List.of("cpu", "memory")) {
                var limit = amount(resources.getLimits(), resource);
                var request = amount(resources.getRequests(), resource);
                assertTrue(request.signum() > 0 && request.compareTo(limit) <= 0, resource);
            }
        }
    }

    private static BigDecimal amount(Map<String, Quantity> resources, String name) {
        return Quantity.getAmountInBytes(resources.get(name));
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void every_pod_keeps_to_the_restricted_standard_and_cannot_write_but_to_its_volumes(Installation installation) {
        for (var template : installation.pods()) {
            var pod = template.getSpec();
            assertNull(pod.getHostNetwork());
            assertNull(pod.getHostPID());
            assertNull(pod.getHostIPC());
            assertEquals(List.of(), pod.getInitContainers());
            assertEquals(true, pod.getSecurityContext().getRunAsNonRoot());
            assertEquals(UID, pod.getSecurityContext().getRunAsUser().toString());
            assertEquals(UID, pod.getSecurityContext().getFsGroup().toString());
            assertEquals(
                    "RuntimeDefault",
                    pod.getSecurityContext().getSeccompProfile().getType());
            var own = container(template).getSecurityContext();
            assertEquals(false, own.getAllowPrivilegeEscalation());
            assertEquals(true, own.getReadOnlyRootFilesystem());
            assertEquals(List.of("ALL"), own.getCapabilities().getDrop());
            assertEquals(List.of(), own.getCapabilities().getAdd());
            assertNull(own.getPrivileged());
            for (var volume : pod.getVolumes()) {
                assertTrue(
                        volume.getEmptyDir() != null
                                || volume.getConfigMap() != null
                                || volume.getPersistentVolumeClaim() != null,
                        volume.getName());
            }
            var mounts = container(template).getVolumeMounts().stream()
                    .map(mount -> mount.getMountPath())
                    .toList();
            assertTrue(mounts.containsAll(List.of("/tmp", "/opt/tinylm/data/runtime")), mounts.toString());
        }
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void servers_and_workers_have_one_image_with_a_tag(Installation installation) {
        var images = new HashSet<String>();
        installation.pods().forEach(pod -> images.add(container(pod).getImage()));
        assertEquals(1, images.size(), images.toString());
        assertHasTag(images.iterator().next());
    }

    @Test
    void the_image_stands_on_exact_tags_and_runs_as_the_user_of_the_manifests() throws IOException {
        var dockerfile = Files.readString(Path.of("src/main/docker/Dockerfile"));
        var bases = Pattern.compile("(?m)^FROM (\\S+)").matcher(dockerfile).results();
        bases.forEach(base -> assertHasTag(base.group(1)));
        assertTrue(dockerfile.contains("USER " + UID + ":" + UID + "\n"));
    }

    private static void assertHasTag(String image) {
        var tag = image.substring(image.lastIndexOf('/') + 1).replaceFirst("^[^:]*:?", "");
        assertNotEquals("", tag, image);
        assertNotEquals("latest", tag, image);
    }

    @ParameterizedTest
    @MethodSource(OVERLAYS)
    void a_server_has_time_to_drain_before_it_is_killed(Installation installation) throws Exception {
        var drain = ServerConfig.class.getMethod("drain").getAnnotation(WithDefault.class);
        var seconds = Integer.parseInt(drain.value().replace("s", ""));
        for (var pod : installation.servers()) {
            assertTrue(container(pod).getEnv().stream()
                    .noneMatch(variable -> variable.getName().equals("TINYLM_DRAIN")));
            var hook = container(pod).getLifecycle();
            long sleep = hook == null ? 0 : hook.getPreStop().getSleep().getSeconds();
            assertTrue(pod.getSpec().getTerminationGracePeriodSeconds() > sleep + seconds + LAST_WORDS_SECONDS);
        }
    }
}
