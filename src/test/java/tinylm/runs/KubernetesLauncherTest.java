package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.deploy.LauncherRights;
import tinylm.runs.Report.Phase;
import tinylm.store.CheckpointStore;
import tinylm.text.CorpusCatalog;

/// Runs whose workers are Jobs, before an API server that keeps them; the test plays the Job controller and the
/// workers.
class KubernetesLauncherTest {

    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final String TEMPLATE = """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: replaced
              labels: {app.kubernetes.io/name: tinylm-worker}
            spec:
              backoffLimit: 6
              ttlSecondsAfterFinished: 3600
              podFailurePolicy:
                rules:
                  - action: Ignore
                    onPodConditions: [{type: DisruptionTarget, status: "True"}]
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - name: worker
                      image: tinylm:1
                      env: [{name: TINYLM_SERVER, value: "http://tinylm:8080"}]
                      resources: {limits: {memory: 2Gi}}
                    - name: other
                      image: other:1
            """;

    private static final String POD = "tinylm-trainer-7c9d-x2x4z";

    @TempDir
    Path folder;

    private final HandClock clock = new HandClock();
    private final ApiServer api = new ApiServer();
    private final KubernetesClient operator = api.operator();
    private DataSource database;
    private KubernetesLauncher launcher;
    private Runs runs;

    @BeforeEach
    void open() throws IOException {
        Files.writeString(folder.resolve("job.yaml"), TEMPLATE);
        OwnCatalog.write(folder);
        database = EmptyDatabase.h2(folder);
        Flyway.configure().dataSource(database).locations("db/migration").load().migrate();
        operator.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(POD)
                        .addNewOwnerReference()
                        .withApiVersion("apps/v1")
                        .withKind("ReplicaSet")
                        .withName("tinylm-trainer-7c9d")
                        .withUid("e7d1a3c8")
                        .withController(true)
                        .withBlockOwnerDeletion(true)
                        .endOwnerReference()
                        .endMetadata()
                        .build())
                .create();
        startServer();
    }

    @AfterEach
    void close() {
        launcher.close();
        operator.close();
        api.close();
    }

    private void startServer() {
        var client = api.client();
        launcher = new KubernetesLauncher(
                new KubernetesClientBuilder()
                        .withConfig(new ConfigBuilder(client.getConfiguration())
                                .withRequestRetryBackoffLimit(0)
                                .withWatchReconnectInterval(100)
                                .build())
                        .build(),
                JobTemplate.read(folder.resolve("job.yaml")),
                3,
                Optional.of(POD));
        client.close();
        runs = new Runs(
                database,
                new Runs.Settings(folder.resolve("runs"), 1, LEASE, 3, 5),
                new Corpora(
                        CorpusCatalog.read(folder.resolve("corpora.json")),
                        folder,
                        database,
                        CheckpointStore.onVolume(folder.resolve("runs")),
                        clock),
                launcher,
                CheckpointStore.onVolume(folder.resolve("runs")),
                clock);
        awaitReached();
    }

    private void awaitReached() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> launcher.hindrance().isEmpty());
    }

    @Test
    void a_worker_is_a_copy_of_the_template_with_a_name_arguments_and_a_token_of_its_own() throws Exception {
        var id = started();
        var job = job(id);
        var worker = job.getSpec().getTemplate().getSpec().getContainers().getFirst();
        assertEquals(
                List.of(
                        "train",
                        "--worker",
                        "--as-job",
                        "--out",
                        folder.resolve("runs").resolve(id).toString(),
                        "--threads",
                        "3"),
                worker.getArgs());
        assertEquals(id, job.getMetadata().getLabels().get("tinylm/run"));
        assertEquals(
                Optional.of(job.getMetadata().getName()),
                runs.get(id).worker().orElseThrow().job());
        assertEquals(
                List.of(new OwnerReferenceBuilder()
                        .withApiVersion("apps/v1")
                        .withKind("ReplicaSet")
                        .withName("tinylm-trainer-7c9d")
                        .withUid("e7d1a3c8")
                        .build()),
                job.getMetadata().getOwnerReferences());
        assertEquals("http://tinylm:8080", worker.getEnv().getFirst().getValue());

        var template = JobTemplate.read(folder.resolve("job.yaml")).job();
        var undone = new JobBuilder(job)
                .withMetadata(template.getMetadata())
                .withStatus(null)
                .editSpec()
                .editTemplate()
                .editSpec()
                .editFirstContainer()
                .withArgs()
                .removeMatchingFromEnv(variable -> variable.getName().equals("TINYLM_RUN_TOKEN"))
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
        assertEquals(template, undone);
        var file = folder.resolve("runs").resolve(id).resolve(tinylm.runs.Job.FILE);
        assertEquals(
                id,
                WorkerJson.read(Files.readString(file), tinylm.runs.Job.class).run());
    }

    @Test
    void a_worker_reports_to_its_end() {
        var id = started();
        report(id, Phase.TRAINING, "");
        assertEquals(RunState.RUNNING, runs.get(id).state());
        report(id, Phase.SUCCEEDED, "Done.");
        assertEquals(RunState.SUCCEEDED, runs.get(id).state());
    }

    @Test
    void a_worker_that_waits_for_a_machine_is_waited_for_and_can_be_stopped() {
        var id = started();
        status(id, new JobStatusBuilder().withActive(1).withReady(0).build());
        for (int i = 0; i < 3; i++) {
            clock.pass(LEASE.multipliedBy(2));
            runs.tick();
        }
        assertEquals(RunState.STARTING, runs.get(id).state());
        assertEquals(
                "Waits for a pod to be ready: for a machine with room, for its image, or to start.",
                runs.get(id).status().reason());
        // ready at last, it has time to report
        status(id, new JobStatusBuilder().withActive(1).withReady(1).build());
        clock.pass(LEASE.dividedBy(2).minusMillis(1));
        runs.tick();
        assertEquals(RunState.STARTING, runs.get(id).state());
        report(id, Phase.TRAINING, "");
        assertEquals("", runs.get(id).status().reason());

        // its machine is lost; the Job controller makes another pod, which has the same token
        status(id, new JobStatusBuilder().withActive(1).withReady(0).build());
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals(RunState.RUNNING, runs.get(id).state());
        report(id, Phase.TRAINING, "");
        assertEquals(1, jobs().size());

        runs.stop(id);
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals(RunState.STOPPED, runs.get(id).state());
        assertEquals(List.of(), jobs());
    }

    @Test
    void a_worker_that_is_ready_and_silent_is_lost_and_another_goes_on() {
        var id = started();
        var first = job(id);
        report(id, Phase.TRAINING, "");
        status(id, new JobStatusBuilder().withActive(1).withReady(1).build());
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals("Its worker has not reported for 10 s.", interruption(id));
        runs.tick();
        assertNotEquals(first.getMetadata().getName(), job(id).getMetadata().getName());
        assertEquals(1, jobs().size());
        assertThrows(RunRefused.class, () -> runs.report(id, token(first), Reports.of(Phase.TRAINING, "")));
    }

    @Test
    void of_a_job_that_failed_it_is_told_why() {
        var id = started();
        operator.pods()
                .inNamespace(operator.getNamespace())
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("worker-abcde")
                        .endMetadata()
                        .withNewStatus()
                        .addNewContainerStatus()
                        .withName("worker")
                        .withNewState()
                        .withNewTerminated()
                        .withReason("OOMKilled")
                        .withExitCode(137)
                        .endTerminated()
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build())
                .create();
        api.log("step 7\n");
        failed(id, "PodFailurePolicy", "Container worker for pod tinylm/worker-abcde failed with exit code 137");
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals(
                "Its Job failed: PodFailurePolicy: Container worker for pod tinylm/worker-abcde failed with exit code 137"
                        + " (OOMKilled, exit code 137) Its last words: step 7",
                interruption(id));
    }

    @Test
    void a_job_that_was_deleted_or_ended_without_a_word_is_replaced_until_nobody_tries_any_more() {
        var id = started();
        delete(id);
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals("Its Job was deleted, or never made.", interruption(id));
        for (int attempt = 2; attempt <= 3; attempt++) {
            runs.tick();
            assertEquals(RunState.STARTING, runs.get(id).state());
            status(
                    id,
                    new JobStatusBuilder()
                            .addNewCondition()
                            .withType("Complete")
                            .withStatus("True")
                            .endCondition()
                            .build());
            clock.pass(LEASE.multipliedBy(2));
            runs.tick();
            assertEquals("Its Job ended without a word.", interruption(id));
        }
        runs.tick();
        assertEquals(RunState.INTERRUPTED, runs.get(id).state());
        assertEquals(List.of(), jobs());
    }

    @Test
    void a_paused_run_leaves_its_machine_to_others_and_goes_on_in_a_new_job() {
        var id = started();
        report(id, Phase.TRAINING, "");
        runs.pause(id);
        assertEquals(Wanted.PAUSE, report(id, Phase.TRAINING, ""));
        report(id, Phase.PAUSED, "Paused at step 4.");
        assertEquals(RunState.PAUSED, runs.get(id).state());
        assertEquals(Optional.empty(), runs.get(id).worker());
        clock.pass(LEASE.multipliedBy(2));
        var other = runs.start(Optional.of("other"), "demo", "own", Map.of()).id();
        runs.tick();
        assertEquals(RunState.PAUSED, runs.get(id).state());
        assertEquals(RunState.STARTING, runs.get(other).state());
        report(other, Phase.SUCCEEDED, "Done.");

        var first = job(id);
        runs.resume(id);
        runs.tick();
        assertEquals(RunState.STARTING, runs.get(id).state());
        assertNotEquals(
                Optional.of(first.getMetadata().getName()),
                runs.get(id).worker().orElseThrow().job());
        assertThrows(RunRefused.class, () -> runs.report(id, token(first), Reports.of(Phase.TRAINING, "")));
    }

    @Test
    void a_paused_run_without_a_worker_is_stopped_or_given_up_at_once() {
        for (var state : List.of(RunState.STOPPED, RunState.CANCELLED)) {
            var id = started();
            report(id, Phase.TRAINING, "");
            runs.pause(id);
            report(id, Phase.PAUSED, "Paused at step 4.");
            assertEquals(state, (state == RunState.STOPPED ? runs.stop(id) : runs.cancel(id)).state());
        }
    }

    @Test
    void while_kubernetes_is_away_runs_wait_and_say_so_and_go_on_when_it_is_back() {
        var id = started();
        report(id, Phase.TRAINING, "");
        var token = token(job(id));
        api.stop();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> launcher.hindrance().isPresent());
        var away = launcher.hindrance().orElseThrow();
        assertTrue(
                away.matches("Kubernetes cannot be reached at http://.*, or tells nothing; it is tried again."), away);
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals(away, runs.get(id).status().reason());
        assertEquals(RunState.RUNNING, runs.get(id).state());
        runs.report(id, token, Reports.of(Phase.SUCCEEDED, "Done."));
        assertEquals(RunState.SUCCEEDED, runs.get(id).state());

        var other = runs.start(Optional.of("other"), "demo", "own", Map.of()).id();
        runs.tick();
        runs.tick();
        assertEquals(RunState.QUEUED, runs.get(other).state());
        assertEquals(away, runs.get(other).status().reason());
        assertEquals(0, runs.get(other).status().attempts());
        api.start();
        awaitReached();
        runs.tick();
        assertEquals(RunState.STARTING, runs.get(other).state());
        assertEquals("", runs.get(other).status().reason());
        report(other, Phase.TRAINING, "");
    }

    @Test
    void what_kubernetes_refuses_fails_the_run_and_what_it_has_no_room_for_waits() {
        api.refuse(422, "spec.template.spec.containers[0].image: Required value");
        var bad = runs.start(Optional.of("bad"), "demo", "own", Map.of()).id();
        runs.tick();
        assertEquals(RunState.FAILED, runs.get(bad).state());
        assertEquals(
                "No worker could be started: Kubernetes refuses the Job:"
                        + " spec.template.spec.containers[0].image: Required value",
                runs.get(bad).status().reason().replaceFirst("\\.$", ""));
        api.refuse(403, "jobs is forbidden: exceeded quota: few");
        var waiting =
                runs.start(Optional.of("waiting"), "demo", "own", Map.of()).id();
        runs.tick();
        assertEquals(RunState.QUEUED, runs.get(waiting).state());
        assertEquals(
                "Waits for room in the cluster: jobs is forbidden: exceeded quota: few",
                runs.get(waiting).status().reason());
        for (int i = 0; i < 50; i++) {
            clock.pass(Duration.ofMillis(500));
            runs.tick();
        }
        assertEquals(2, runs.changes(waiting).size(), "tried again every half minute, not with every tick");
        api.refuse(500, "internal");
        clock.pass(Duration.ofSeconds(30));
        runs.tick();
        assertEquals(0, runs.get(waiting).status().attempts());
        assertTrue(runs.get(waiting).status().reason().startsWith("Kubernetes cannot be reached"));
        api.refuse(0, "");
        clock.pass(Duration.ofSeconds(30));
        runs.tick();
        assertEquals(RunState.STARTING, runs.get(waiting).state());
    }

    @Test
    void another_server_takes_up_the_workers_of_one_that_is_gone() {
        var id = started();
        var name = runs.get(id).worker().orElseThrow().job();
        launcher.close();
        startServer();
        report(id, Phase.TRAINING, "");
        assertEquals(name, runs.get(id).worker().orElseThrow().job());
        delete(id);
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        assertEquals("Its Job was deleted, or never made.", interruption(id));
    }

    @Test
    void the_launcher_does_what_its_role_grants_and_nothing_else() {
        var id = started();
        failed(id, "PodFailurePolicy", "Container worker for pod tinylm/worker-abcde failed with exit code 1");
        operator.pods()
                .inNamespace(operator.getNamespace())
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("worker-abcde")
                        .endMetadata()
                        .build())
                .create();
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        runs.tick();
        delete(id);
        clock.pass(LEASE.multipliedBy(2));
        runs.tick();
        var granted = LauncherRights.VERBS.entrySet().stream()
                .flatMap(one -> one.getValue().stream()
                        .map(verb -> verb + " " + one.getKey().replaceFirst("^batch/", "")))
                .collect(Collectors.toSet());
        assertEquals(granted, api.calls());
    }

    @Test
    void what_is_no_job_with_a_worker_is_refused() throws IOException {
        for (var text : List.of(
                TEMPLATE.replace("name: worker", "name: trainer"),
                TEMPLATE.replace("TINYLM_SERVER", "TINYLM_SEVER"),
                "apiVersion: v1\nkind: ConfigMap\n",
                "apiVersion: batch/v1\nkind: Job\n",
                "{")) {
            var file = Files.writeString(folder.resolve("bad.yaml"), text);
            var refusal = assertThrows(IllegalArgumentException.class, () -> JobTemplate.read(file));
            assertTrue(refusal.getMessage().startsWith(file.toString()), refusal.getMessage());
        }
        assertThrows(IllegalArgumentException.class, () -> JobTemplate.read(folder.resolve("none.yaml")));
    }

    /// A run with a worker that has not reported.
    private String started() {
        var id = runs.start(Optional.empty(), "demo", "own", Map.of()).id();
        runs.tick();
        assertEquals(RunState.STARTING, runs.get(id).state());
        return id;
    }

    private List<Job> jobs() {
        return operator.batch()
                .v1()
                .jobs()
                .inNamespace(operator.getNamespace())
                .list()
                .getItems();
    }

    /// The Job of its worker, or the only one that is left of it.
    private Job job(String id) {
        var own = jobs().stream()
                .filter(job -> id.equals(job.getMetadata().getLabels().get("tinylm/run")))
                .toList();
        var worker = runs.get(id).worker().flatMap(Run.Worker::job);
        return own.stream()
                .filter(job -> worker.isEmpty()
                        || worker.get().equals(job.getMetadata().getName()))
                .findFirst()
                .orElseThrow();
    }

    private void delete(String id) {
        var job = job(id);
        var name = job.getMetadata().getName();
        Awaitility.await().until(() -> launcher.heard(name).isPresent());
        operator.resource(job).delete();
        Awaitility.await().until(() -> launcher.heard(name).isEmpty());
    }

    private void failed(String id, String reason, String message) {
        status(
                id,
                new JobStatusBuilder()
                        .addNewCondition()
                        .withType("Failed")
                        .withStatus("True")
                        .withReason(reason)
                        .withMessage(message)
                        .endCondition()
                        .build());
    }

    /// As the Job controller sets it; returns when the launcher has heard of it.
    private void status(String id, JobStatus status) {
        var job = job(id);
        job.setStatus(status);
        operator.resource(job).updateStatus();
        var name = job.getMetadata().getName();
        Awaitility.await().until(() -> launcher.heard(name).map(Job::getStatus).equals(Optional.of(status)));
    }

    private Wanted report(String id, Phase phase, String sentence) {
        return runs.report(id, token(job(id)), Reports.of(phase, sentence)).wanted();
    }

    private static String token(Job job) {
        return job.getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals("TINYLM_RUN_TOKEN"))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    /// Why its last worker was given up.
    private String interruption(String id) {
        return runs.changes(id).stream()
                .filter(change -> change.to() == RunState.INTERRUPTED)
                .toList()
                .getLast()
                .reason();
    }
}
