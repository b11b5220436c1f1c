package tinylm.web;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.websockets.next.OpenConnections;
import jakarta.inject.Singleton;
import java.util.function.Supplier;
import tinylm.inference.Models;

/// How the server stands, read when `/q/metrics` is.
@Startup
@Singleton
class ServingGauges {

    ServingGauges(MeterRegistry registry, Models models, Promoter promoter, OpenConnections connections) {
        gauge(
                registry,
                "tinylm.sequences.running",
                "Responses that are computed",
                () -> models.all().mapToInt(model -> model.engine().running()).sum());
        gauge(
                registry,
                "tinylm.sequences.waiting",
                "Responses that wait for a slot",
                () -> models.all().mapToInt(model -> model.engine().waiting()).sum());
        gauge(
                registry,
                "tinylm.slots",
                "Responses that the current model can compute at once",
                () -> models.current().engine().slots());
        gauge(
                registry,
                "tinylm.models",
                "Models in memory: more than one for a while after a swap",
                () -> models.all().count());
        gauge(
                registry,
                "tinylm.promotion.behind",
                "1 while what was promoted cannot be had and an earlier model answers",
                () -> promoter.isBehind() ? 1 : 0);
        gauge(
                registry,
                "tinylm.connections",
                "Open sockets",
                () -> connections.stream().count());
        Gauge.builder("tinylm.process.info", () -> 1)
                .description("The process that serves")
                .tag("pid", Long.toString(ProcessHandle.current().pid()))
                .register(registry);
    }

    private static void gauge(MeterRegistry registry, String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }
}
