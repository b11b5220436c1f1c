package tinylm.cli;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Runs the container of each Job as a process of this machine, and tells the API server how it went. A process that
/// ended by a signal is started anew, as a pod is after a disruption.
final class Kubelet implements AutoCloseable {

    private static final Set<Integer> BY_SIGNAL = Set.of(128 + 9, 128 + 15);

    private final KubernetesClient client;
    private final Path folder;
    private final Map<String, String> environment;
    private final Map<String, PackagedProcess> pods = new HashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    /// @param environment beside that of each container; unless empty, each pod starts with an empty folder
    Kubelet(KubernetesClient client, Path folder, Map<String, String> environment) {
        this.client = client;
        this.folder = folder;
        this.environment = environment;
        clock.scheduleWithFixedDelay(this::look, 0, 200, TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            runAll();
        } catch (KubernetesClientException e) {
            // a Job that was deleted just now
        }
    }

    private synchronized void runAll() {
        var jobs = client.batch().v1().jobs().inAnyNamespace().list().getItems();
        for (var job : jobs) {
            var name = job.getMetadata().getName();
            var pod = pods.get(name);
            if (pod == null || pod.hasEnded() && BY_SIGNAL.contains(pod.exitCode())) {
                pods.put(name, started(job));
                tell(job, new JobStatusBuilder().withActive(1).withReady(1).build());
            } else if (pod.hasEnded()
                    && (job.getStatus() == null
                            || job.getStatus().getConditions().isEmpty())) {
                tell(job, ended(pod.exitCode()));
            }
        }
        var names = jobs.stream().map(job -> job.getMetadata().getName()).collect(Collectors.toSet());
        pods.forEach((name, pod) -> {
            if (!names.contains(name)) {
                pod.close();
            }
        });
    }

    private PackagedProcess started(Job job) {
        var container = job.getSpec().getTemplate().getSpec().getContainers().getFirst();
        var all = container.getEnv().stream().collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
        all.putAll(environment);
        try {
            if (!environment.isEmpty()) {
                wipe(folder.resolve("runs"));
            }
            return PackagedProcess.start(folder, all, container.getArgs().toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void wipe(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static JobStatus ended(int code) {
        return new JobStatusBuilder()
                .addNewCondition()
                .withType(code == 0 ? "Complete" : "Failed")
                .withStatus("True")
                .withReason("PodFailurePolicy")
                .withMessage("exit code " + code)
                .endCondition()
                .build();
    }

    private void tell(Job job, JobStatus status) {
        job.setStatus(status);
        client.resource(job).updateStatus();
    }

    /// As a machine that is lost.
    synchronized void end(String job, String signal) throws Exception {
        pods.get(job).signal(signal);
        pods.get(job).secondsToEnd(Duration.ofSeconds(60));
    }

    /// Whether its process has ended by itself, well.
    synchronized boolean isComplete(String job) {
        var pod = pods.get(job);
        return pod != null && pod.hasEnded() && pod.exitCode() == 0;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        pods.values().forEach(PackagedProcess::close);
    }
}
