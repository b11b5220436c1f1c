package tinylm.cli;

import static io.restassured.RestAssured.given;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tinylm.runs.OwnCatalog;

/// Two packaged servers on one PostgreSQL: a schedule fires once for each of its times, and goes on when one server is
/// killed.
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class SchedulesIT {

    @TempDir
    Path folder;

    @Test
    void of_two_servers_one_fires_and_when_it_is_killed_the_other_does() throws Exception {
        var catalog = OwnCatalog.write(folder);
        try (var database = EmbeddedPostgres.start();
                var one = start(database, catalog)) {
            one.address(); // the tables are there
            try (var other = start(database, catalog)) {
                var left = "http://" + one.address();
                var right = "http://" + other.address();
                FrequentSchedule.awaitMiddle();
                var created = Instant.now();
                var id = FrequentSchedule.create(right);
                Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> runs(right) > 0);
                awaitOneRunForEachTime(left, created);
                one.signal("KILL");
                int before = runs(right);
                // that server may have had the next alarm in its hands: the other looks after it every five seconds
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> runs(right) >= before + 2);
                awaitOneRunForEachTime(right, created);
                given().baseUri(right).delete("/v1/schedules/" + id).then().statusCode(204);
            }
        }
    }

    /// Between two times: whoever else fired has done so.
    private static void awaitOneRunForEachTime(String server, Instant since) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            FrequentSchedule.awaitMiddle();
            return runs(server) == FrequentSchedule.times(since, Instant.now());
        });
    }

    private PackagedProcess start(EmbeddedPostgres database, Path catalog) throws IOException {
        return PackagedProcess.start(
                folder,
                Map.of(
                        "TINYLM_TRAINING_CATALOG",
                        catalog.toString(),
                        "TINYLM_TRAINING_RUNTIME",
                        folder.toString(),
                        "TINYLM_TRAINING_DIRECTORY",
                        folder.resolve("runs").toString(),
                        "TINYLM_TRAINING_WORKERS",
                        "0",
                        "QUARKUS_PROFILE",
                        "postgresql",
                        "QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL",
                        database.getJdbcUrl("postgres", "postgres"),
                        "QUARKUS_DATASOURCE_POSTGRESQL_USERNAME",
                        "postgres",
                        "QUARKUS_DATASOURCE_POSTGRESQL_PASSWORD",
                        "postgres"),
                "serve",
                "--port",
                "0");
    }

    private static int runs(String server) {
        return given().baseUri(server)
                .get("/v1/runs")
                .<List<String>>path("data.id")
                .size();
    }
}
