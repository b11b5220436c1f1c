package tinylm.runs;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The operator's `batch/v1` Job, of which each worker is a copy. A worker's name, its label, its owner, its
/// arguments and its token are ours; all else stays as the operator wrote it: image, resources, what happens after a
/// failure.
///
/// The token stands in the Job, for whoever may read Jobs; it is good for reports about this run, until the next
/// worker.
///
/// @param job has a container called `worker` that knows where to report
public record JobTemplate(Job job) {

    /// Label with the run's id.
    public static final String RUN = "tinylm/run";

    /// Name of the container that gets the arguments and the token.
    public static final String WORKER = "worker";

    /// @param file YAML
    /// @throws IllegalArgumentException when it holds no Job that would do
    public static JobTemplate read(Path file) {
        try {
            if (Serialization.unmarshal(Files.readString(file)) instanceof Job job
                    && job.getSpec() != null
                    && job.getSpec().getTemplate() != null
                    && job.getSpec().getTemplate().getSpec() != null
                    && job.getSpec().getTemplate().getSpec().getContainers().stream()
                            .anyMatch(JobTemplate::isWorker)) {
                return new JobTemplate(job);
            }
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException(file + " cannot be read as a Kubernetes Job: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(file + " must hold a Kubernetes Job of batch/v1 with a container called "
                + WORKER + " that says in " + tinylm.runs.Job.SERVER + " where workers report.");
    }

    private static boolean isWorker(Container container) {
        return WORKER.equals(container.getName())
                && container.getEnv().stream().anyMatch(variable -> tinylm.runs.Job.SERVER.equals(variable.getName()));
    }

    Job of(Launcher.Order order, int threads, List<OwnerReference> owners) {
        return new JobBuilder(job)
                .editOrNewMetadata()
                .withName(order.job())
                .withNamespace(null)
                .addToLabels(RUN, order.run())
                .withOwnerReferences(owners)
                .endMetadata()
                .editSpec()
                .editTemplate()
                .editSpec()
                .editMatchingContainer(container -> WORKER.equals(container.getName()))
                .withArgs(List.of(
                        "train",
                        "--worker",
                        "--as-job",
                        "--out",
                        order.directory().toString(),
                        "--threads",
                        Integer.toString(threads)))
                .addToEnv(new EnvVarBuilder()
                        .withName(tinylm.runs.Job.TOKEN)
                        .withValue(order.token())
                        .build())
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }
}
