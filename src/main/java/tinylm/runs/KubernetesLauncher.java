package tinylm.runs;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Has a cluster start workers as Jobs, made from the operator's [JobTemplate]. What it knows is read from the cluster,
/// so another server can take its place at any time.
public final class KubernetesLauncher implements Launcher, AutoCloseable {

    private static final int FORBIDDEN = 403;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int GATEWAY_TIMEOUT = 504;

    /// How the Job controller names a pod in what it says about a failure.
    private static final Pattern POD = Pattern.compile("pod \\S+/([a-z0-9.-]+)");

    private static final int LAST_LINES = 5;

    private final KubernetesClient client;
    private final JobTemplate template;
    private final int threads;
    private final Optional<String> pod;
    private final SharedIndexInformer<Job> jobs;

    /// @param client of the namespace in which Jobs are made; it must not try again by itself
    /// @param threads of one operation in a worker
    /// @param pod the name of the pod that this is; whoever made it owns the Jobs, and they are deleted with it
    public KubernetesLauncher(KubernetesClient client, JobTemplate template, int threads, Optional<String> pod) {
        this.client = client;
        this.template = template;
        this.threads = threads;
        this.pod = pod;
        jobs = client.batch()
                .v1()
                .jobs()
                .inNamespace(client.getNamespace())
                .withLabel(JobTemplate.RUN)
                .runnableInformer(0)
                .exceptionHandler((_, _) -> true); // tried again for ever
        jobs.start();
    }

    @Override
    public boolean startsJobs() {
        return true;
    }

    @Override
    public long launch(Order order) throws IOException {
        try {
            var job = template.of(order, threads, owners());
            client.batch()
                    .v1()
                    .jobs()
                    .inNamespace(client.getNamespace())
                    .resource(job)
                    .create();
        } catch (KubernetesClientException e) {
            if (mayHaveBeenDone(e)) {
                return 0; // if it was not, it will be missed
            }
            if (e.getCode() == 0 || e.getCode() == TOO_MANY_REQUESTS || e.getCode() >= SERVER_ERROR) {
                throw new NotNowException(cannotBeReached());
            }
            var why = reason(e);
            if (e.getCode() == FORBIDDEN && why.contains("exceeded quota")) {
                throw new NotNowException("Waits for room in the cluster: " + why);
            }
            throw new IOException("Kubernetes refuses the Job: " + why, e);
        }
        return 0;
    }

    private List<OwnerReference> owners() {
        var self = pod.map(name ->
                client.pods().inNamespace(client.getNamespace()).withName(name).get());
        return self.stream()
                .flatMap(one -> one.getMetadata().getOwnerReferences().stream())
                .map(owner -> new OwnerReferenceBuilder(owner)
                        .withController(null) // the pod's
                        .withBlockOwnerDeletion(null) // for which it would need a right more
                        .build())
                .toList();
    }

    @Override
    public long measure(Path file) throws IOException {
        throw new IOException("workers are Jobs of a cluster, whose machines may differ");
    }

    @Override
    public void kill(Run.Worker worker) {
        worker.job().ifPresent(name -> {
            try {
                client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(client.getNamespace())
                        .withName(name)
                        .delete();
            } catch (KubernetesClientException e) {
                // its lease is lost: it ends when it reports, and its Job goes when its time is up
            }
        });
    }

    @Override
    public Optional<String> hindrance() {
        return jobs.isWatching() ? Optional.empty() : Optional.of(cannotBeReached());
    }

    private String cannotBeReached() {
        return "Kubernetes cannot be reached at " + client.getMasterUrl() + ", or tells nothing; it is tried again.";
    }

    @Override
    public Silence silence(Run.Worker worker) {
        if (worker.job().isEmpty()) {
            return Silence.UNEXPLAINED; // a process of a server that has gone
        }
        try {
            return find(worker.job().get())
                    .map(this::silence)
                    .orElse(new Silence(false, "Its Job was deleted, or never made."));
        } catch (KubernetesClientException e) {
            return new Silence(true, cannotBeReached());
        }
    }

    /// Asks for what it has not heard of: it may be too new.
    private Optional<Job> find(String name) {
        return heard(name)
                .or(() -> Optional.ofNullable(client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(client.getNamespace())
                        .withName(name)
                        .get()));
    }

    Optional<Job> heard(String name) {
        return jobs.isWatching()
                ? Optional.ofNullable(jobs.getStore().getByKey(client.getNamespace() + "/" + name))
                : Optional.empty();
    }

    private Silence silence(Job job) {
        var status = job.getStatus();
        for (var condition : status == null ? List.<JobCondition>of() : status.getConditions()) {
            if ("True".equals(condition.getStatus())) {
                switch (condition.getType()) {
                    case "Failed" -> {
                        return new Silence(false, "Its Job failed: " + failure(condition));
                    }
                    case "Complete" -> {
                        return new Silence(false, "Its Job ended without a word.");
                    }
                    case "Suspended" -> {
                        return new Silence(true, "Waits: its Job is suspended.");
                    }
                    default -> {} // on its way to one of these
                }
            }
        }
        boolean isReady = status != null && status.getReady() != null && status.getReady() > 0;
        return isReady
                ? Silence.UNEXPLAINED
                : new Silence(
                        true, "Waits for a pod to be ready: for a machine with room, for its image, or to start.");
    }

    /// What the Job controller says, and what is left of the pod.
    private String failure(JobCondition condition) {
        var said = new StringBuilder(condition.getReason() + ": " + condition.getMessage());
        var pod = POD.matcher(said);
        if (pod.find()) {
            try {
                terminated(pod.group(1))
                        .ifPresent(end -> said.append(" (")
                                .append(end.getReason())
                                .append(", exit code ")
                                .append(end.getExitCode())
                                .append(")"));
                said.append(" Its last words: ").append(lastWords(pod.group(1)));
            } catch (KubernetesClientException e) {
                // it is gone, as after a while all are
            }
        }
        return said.toString();
    }

    private Optional<ContainerStateTerminated> terminated(String pod) {
        var found =
                client.pods().inNamespace(client.getNamespace()).withName(pod).get();
        return found == null || found.getStatus() == null
                ? Optional.empty()
                : found.getStatus().getContainerStatuses().stream()
                        .filter(container -> container.getName().equals(JobTemplate.WORKER))
                        .flatMap(container -> Optional.ofNullable(container.getState()).stream())
                        .flatMap(state -> Optional.ofNullable(state.getTerminated()).stream())
                        .findFirst();
    }

    /// Asked for directly: the client's own way would list pods first, to wait until this one is ready.
    private String lastWords(String pod) {
        var said = client.raw("/api/v1/namespaces/%s/pods/%s/log?container=%s&tailLines=%d"
                .formatted(client.getNamespace(), pod, JobTemplate.WORKER, LAST_LINES));
        return said == null ? "" : said.strip();
    }

    /// Whether only the answer may have been lost.
    private static boolean mayHaveBeenDone(KubernetesClientException e) {
        boolean isRefused = Stream.iterate((Throwable) e, Objects::nonNull, Throwable::getCause)
                .anyMatch(ConnectException.class::isInstance);
        return e.getCode() == GATEWAY_TIMEOUT || e.getCode() == 0 && !isRefused;
    }

    private static String reason(KubernetesClientException e) {
        return e.getStatus() == null || e.getStatus().getMessage() == null
                ? e.getMessage()
                : e.getStatus().getMessage();
    }

    @Override
    public void close() {
        jobs.close();
        client.close();
    }
}
