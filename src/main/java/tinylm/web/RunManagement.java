package tinylm.web;

import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.quarkus.agroal.DataSource;
import io.quarkus.arc.DefaultBean;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import tinylm.inference.Models;
import tinylm.runs.Corpora;
import tinylm.runs.JobTemplate;
import tinylm.runs.KubernetesLauncher;
import tinylm.runs.Launcher;
import tinylm.runs.NoLauncher;
import tinylm.runs.PresetCosts;
import tinylm.runs.ProcessLauncher;
import tinylm.runs.Promotions;
import tinylm.runs.QuartzAlarm;
import tinylm.runs.Runs;
import tinylm.runs.Schedules;
import tinylm.store.CheckpointStore;
import tinylm.store.StoreException;
import tinylm.text.CorpusCatalog;

/// Opens the database of runs and looks after the workers for as long as the server is there.
@Startup
@ApplicationScoped
public class RunManagement {

    private static final Logger LOG = Logger.getLogger(RunManagement.class);
    private static final long TICK_MILLIS = 500;
    private static final int CLUSTER_TIMEOUT_MILLIS = 5_000;

    /// A fire that is late by less, because servers were started anew, is not missed.
    private static final Duration SCHEDULE_PATIENCE = Duration.ofMinutes(1);

    private final AgroalDataSource database;
    private final Runs runs;
    private final QuartzAlarm alarm;
    private final Schedules schedules;
    private final Corpora corpora;
    private final CheckpointStore store;
    private final boolean startsWorkers;
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("runs").factory());

    RunManagement(
            TrainingSettings settings,
            Launcher launcher,
            @DataSource("h2") InjectableInstance<AgroalDataSource> h2,
            @DataSource("postgresql") InjectableInstance<AgroalDataSource> postgresql) {
        startsWorkers = settings.launcher() != TrainingSettings.Workers.NONE;
        boolean isShared = postgresql.getHandle().getBean().isActive();
        database = (isShared ? postgresql : h2).get();
        store = CheckpointStore.of(
                settings.store(),
                settings.directory().toAbsolutePath(),
                settings.runtime().toAbsolutePath());
        corpora = new Corpora(
                CorpusCatalog.read(settings.catalog()), settings.runtime(), database, store, Clock.systemUTC());
        runs = new Runs(
                database,
                new Runs.Settings(
                        settings.directory().toAbsolutePath(),
                        settings.workers(),
                        settings.lease(),
                        settings.attempts(),
                        settings.queue()),
                corpora,
                launcher,
                store,
                Clock.systemUTC());
        alarm = new QuartzAlarm(database, isShared, SCHEDULE_PATIENCE);
        schedules = new Schedules(database, runs, alarm, Clock.systemUTC());
    }

    /// Workers can only be started when they can report.
    void onStart(@ObservesAsync HttpServerStart start) {
        if (startsWorkers) {
            ticker.scheduleWithFixedDelay(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
        schedules.start();
        try {
            store.runs();
        } catch (StoreException e) {
            LOG.warn(e.getMessage() + " Runs start when it can.");
        }
    }

    private void tick() {
        try {
            runs.tick();
        } catch (RuntimeException e) {
            LOG.error("The runs could not be looked after; this is tried again", e);
        }
    }

    /// Before the database is closed.
    void onStop(@Observes ShutdownEvent stop) throws InterruptedException {
        alarm.close();
        ticker.shutdownNow();
        ticker.awaitTermination(2, TimeUnit.SECONDS);
        store.close();
    }

    @Produces
    @Singleton
    Runs runs() {
        return runs;
    }

    @Produces
    @Singleton
    Schedules schedules() {
        return schedules;
    }

    @Produces
    @Singleton
    PresetCosts costs(TrainingSettings settings, Launcher launcher) {
        return new PresetCosts(settings.runtime().resolve("preset-costs.json"), launcher, runs);
    }

    /// @param models still with the configured one, for nobody can promote before this
    @Produces
    @Singleton
    Promotions promotions(Models models) {
        return new Promotions(
                database,
                Clock.systemUTC(),
                new Promotions.Promotion(
                        Promotable.SHIPPED, models.current().checkpoint().sha256()));
    }

    @Produces
    @Singleton
    CheckpointStore store() {
        return store;
    }

    @Produces
    @Singleton
    Corpora corpora() {
        return corpora;
    }

    /// Workers are processes of this machine, Jobs of a cluster, or another server's affair.
    @Singleton
    static class AsConfigured {

        @Produces
        @Singleton
        @DefaultBean
        Launcher launcher(
                TrainingSettings settings,
                HttpServer server,
                @ConfigProperty(name = "quarkus.http.host") String host,
                @ConfigProperty(name = "tinylm-home") Optional<Path> home) {
            var everywhere = Set.of("0.0.0.0", "::").contains(host);
            var here = everywhere ? "127.0.0.1" : host.contains(":") ? "[" + host + "]" : host;
            int threads = settings.threads().orElse(Runtime.getRuntime().availableProcessors());
            return switch (settings.launcher()) {
                case PROCESS ->
                    new ProcessLauncher(
                            ProcessLauncher.thisProgram(
                                    home.orElse(Path.of("")).toAbsolutePath().toString()),
                            () -> URI.create("http://" + here + ":" + server.getPort()),
                            threads,
                            settings.store());
                case KUBERNETES ->
                    new KubernetesLauncher(
                            cluster(),
                            template(settings),
                            threads,
                            settings.kubernetes().pod());
                case NONE -> new NoLauncher();
            };
        }

        void close(@Disposes Launcher launcher) {
            if (launcher instanceof KubernetesLauncher jobs) {
                jobs.close();
            }
        }

        private static JobTemplate template(TrainingSettings settings) {
            return JobTemplate.read(
                    settings.kubernetes()
                            .template()
                            .orElseThrow(
                                    () -> new IllegalArgumentException(
                                            "tinylm.training.launcher is kubernetes, so tinylm.training.kubernetes.template must name the file of a Job.")));
        }

        /// As the pod's service account, in its namespace.
        private static KubernetesClient cluster() {
            return new KubernetesClientBuilder()
                    .withConfig(new ConfigBuilder()
                            .withRequestRetryBackoffLimit(0) // runs are looked after twice a second anyway
                            .withConnectionTimeout(CLUSTER_TIMEOUT_MILLIS)
                            .withRequestTimeout(CLUSTER_TIMEOUT_MILLIS)
                            .build())
                    .build();
        }
    }
}
