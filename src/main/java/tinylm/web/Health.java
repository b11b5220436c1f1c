package tinylm.web;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;
import tinylm.inference.Models;

/// `/q/health/live|ready|started`. An engine that has ended, or is in one step for longer than
/// `tinylm.longest-step`, does not come back: only a new process helps, and nobody should be sent here until then.
@Singleton
class Health {

    private final Models models;
    private final Drain drain;
    private final Duration longestStep;

    @Inject
    Health(Models models, Drain drain, ServerConfig config) {
        this(models, drain, config.longestStep());
    }

    /// @param longestStep a step that takes more has hung
    Health(Models models, Drain drain, Duration longestStep) {
        this.models = models;
        this.drain = drain;
        this.longestStep = longestStep;
    }

    /// A model is loaded, or there would be none of these beans.
    @Produces
    @Singleton
    @Startup
    HealthCheck started() {
        return () -> HealthCheckResponse.named("model")
                .up()
                .withData("name", ModelInfo.of(models.current().checkpoint()).name())
                .build();
    }

    @Produces
    @Singleton
    @Liveness
    HealthCheck live() {
        return () -> HealthCheckResponse.named("engine")
                .status(makesSteps())
                .withData("step_ms", models.current().engine().stalled().toMillis())
                .build();
    }

    @Produces
    @Singleton
    @Readiness
    HealthCheck ready() {
        return () -> HealthCheckResponse.named("serving")
                .status(makesSteps() && !drain.hasBegun())
                .withData("shutting_down", drain.hasBegun())
                .build();
    }

    private boolean makesSteps() {
        var engine = models.current().engine();
        return engine.isAlive() && engine.stalled().compareTo(longestStep) <= 0;
    }
}
