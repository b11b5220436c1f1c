package tinylm.cli;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
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
                var first = withinOneMinute(Instant.now().plusSeconds(5), 8);
                var second = first.plusSeconds(8);
                create(right, first, second);
                Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> runs(right) == 1);
                Awaitility.await().until(() -> Instant.now().isAfter(first.plusSeconds(3)));
                assertEquals(1, runs(left), "one fire, one run");
                assertTrue(Instant.now().isBefore(second), "the machine is too slow for this test");
                one.signal("KILL");
                // that server may have had the alarm in its hands: the other looks after it every five seconds
                Awaitility.await().atMost(Duration.ofSeconds(40)).until(() -> runs(right) == 2);
                Awaitility.await().until(() -> Instant.now().isAfter(second.plusSeconds(3)));
                assertEquals(2, runs(right), "one fire, one run");
                stopAll(right);
            }
        }
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

    /// The next time after which so many seconds are left of the minute.
    private static Instant withinOneMinute(Instant time, int seconds) {
        var left = time.truncatedTo(ChronoUnit.MINUTES).plusSeconds(60 - seconds);
        return time.isBefore(left)
                ? time.truncatedTo(ChronoUnit.SECONDS)
                : time.truncatedTo(ChronoUnit.MINUTES).plusSeconds(60);
    }

    /// A schedule for these two seconds, which come again in an hour.
    private static void create(String server, Instant first, Instant second) {
        var one = first.atZone(ZoneOffset.UTC);
        var other = second.atZone(ZoneOffset.UTC);
        given().baseUri(server)
                .contentType("application/json")
                .body(Map.of(
                        "name", "nightly",
                        "preset", "demo",
                        "corpus", "own",
                        "cron", one.getSecond() + "," + other.getSecond() + " " + one.getMinute() + " * * * ?",
                        "timeZone", "UTC",
                        "overlap", "QUEUE"))
                .post("/v1/schedules")
                .then()
                .statusCode(201);
    }

    private static int runs(String server) {
        return given().baseUri(server)
                .get("/v1/runs")
                .<List<String>>path("data.id")
                .size();
    }

    private static void stopAll(String server) {
        for (var id : given().baseUri(server).get("/v1/runs").<List<String>>path("data.id")) {
            given().baseUri(server).post("/v1/runs/" + id + "/stop").then().statusCode(202);
        }
    }
}
