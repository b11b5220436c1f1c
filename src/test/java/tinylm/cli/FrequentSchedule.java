package tinylm.cli;

import static io.restassured.RestAssured.given;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.awaitility.Awaitility;

/// A schedule that queues a run of our own corpus every few seconds.
final class FrequentSchedule {

    /// Seconds between two of its times.
    private static final int INTERVAL = 10;

    private FrequentSchedule() {}

    /// @return its id
    static String create(String server) {
        return given().baseUri(server)
                .contentType("application/json")
                .body(Map.of(
                        "name", "often",
                        "preset", "demo",
                        "corpus", "own",
                        "cron", "*/" + INTERVAL + " * * * * ?",
                        "timeZone", "UTC",
                        "overlap", "QUEUE"))
                .post("/v1/schedules")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    /// Waits until its last time is some seconds ago, and its next one is not near.
    static void awaitMiddle() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(INTERVAL))
                .until(() -> Math.abs(Instant.now().getEpochSecond() % INTERVAL - INTERVAL / 2) <= 1);
    }

    /// How many of its times there are in between.
    static int times(Instant since, Instant until) {
        return (int) (until.getEpochSecond() / INTERVAL - since.getEpochSecond() / INTERVAL);
    }
}
