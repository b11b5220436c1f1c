package tinylm.deploy;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Alerts, dashboard and scaling ask for measurements that a server has once it has been asked for a text.
@QuarkusTest
class MonitoringTest {

    /// Measured by nodes, and made by the Prometheus adapter.
    private static final Set<String> OF_OTHERS =
            Set.of("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes", "tinylm_sequences");

    private static final List<Path> FILES = List.of(
            Path.of("k8s/overlays/production/monitoring.yaml"),
            Path.of("k8s/overlays/production/dashboard.json"),
            Path.of("k8s/overlays/production/scaling.yaml"),
            Path.of("k8s/overlays/production-keda/scaled-object.yaml"),
            Path.of("k8s/examples/prometheus-adapter.yaml"));

    @Test
    void whatever_is_asked_for_is_measured() throws IOException {
        given().contentType("application/json")
                .body("{\"prompt\":\"ROMEO:\",\"max_tokens\":2}")
                .post("/v1/completions")
                .then()
                .statusCode(200);
        var measured = names("(?m)^([a-z_]+)[ {]", given().get("/q/metrics").asString());
        for (var file : FILES) {
            var asked = names("\\b((?:tinylm|jvm|process|http|kubelet)_[a-z_]+)", Files.readString(file));
            assertTrue(!asked.isEmpty(), file.toString());
            asked.removeAll(measured);
            asked.removeAll(OF_OTHERS);
            assertEquals(Set.of(), asked, file.toString());
        }
    }

    private static Set<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
