package tinylm.cli;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Sixty visitors, a training run and a schedule while the servers behind their address are ended and started one after
/// the other: nobody loses a character, the curve has no gap, and the schedule fires once for each time. For longer:
/// `-Dtinylm.cluster=120` seconds.
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class ClusterIT {

    private static final int SERVERS = 3;
    private static final int VISITORS = 60;
    private static final int TEXTS = 20;
    private static final Duration LENGTH = Duration.ofSeconds(Integer.getInteger("tinylm.cluster", 25));

    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean isOver;

    @TempDir
    Path folder;

    @Test
    void servers_come_and_go_and_nobody_notices() throws Exception {
        assumeTrue(Files.isExecutable(Cluster.HAPROXY), "without HAProxy");
        try (var cluster = new Cluster(folder, SERVERS)) {
            var requests =
                    IntStream.range(0, TEXTS).mapToObj(ClusterIT::request).toList();
            var texts = texts(cluster, requests);
            var run = startRun(cluster);
            Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> step(cluster, run) > 0);
            int before = step(cluster, run);
            FrequentSchedule.awaitMiddle();
            var created = Instant.now();
            var schedule = FrequentSchedule.create(cluster.url());
            int restarts = 0;
            int read = 0;
            try (var visitors = Executors.newFixedThreadPool(VISITORS)) {
                var visits = new ArrayList<Future<Integer>>();
                for (int i = 0; i < VISITORS; i++) {
                    int first = i;
                    visits.add(visitors.submit(() -> visit(cluster, requests, texts, first)));
                }
                try {
                    for (var end = created.plus(LENGTH);
                            restarts < 2 || Instant.now().isBefore(end);
                            restarts++) {
                        cluster.restart(restarts % SERVERS, restarts % 2 == 0 ? "TERM" : "KILL");
                    }
                } finally {
                    isOver = true;
                }
                for (var visit : visits) {
                    read += visit.get();
                }
            }
            System.out.printf("%d restarts: %d texts, %d connections lost%n", restarts, read, lost.get());
            assertTrue(lost.get() > 0, "nobody was met");
            cluster.awaitReady();
            int after = step(cluster, run);
            assertTrue(
                    after > before,
                    () -> "the run stood still: "
                            + given().baseUri(cluster.url())
                                    .get("/v1/runs/" + run)
                                    .asString());
            assertSchedule(cluster, schedule, created);
            assertCurve(cluster, run);
        }
    }

    /// One text after the other; each must be the one that a single server wrote undisturbed.
    ///
    /// @return how many
    private int visit(Cluster cluster, List<ObjectNode> requests, List<String> texts, int first) throws Exception {
        int read = 0;
        for (int i = first; !isOver || read == 0; i++, read++) {
            assertEquals(texts.get(i % TEXTS), read(cluster, requests.get(i % TEXTS)), "text " + i % TEXTS);
        }
        return read;
    }

    /// A whole text, over as many connections as it takes.
    private String read(Cluster cluster, ObjectNode request) {
        var stream = new LostStream(http);
        for (boolean hasBegun = false; ; ) {
            try {
                if (hasBegun) {
                    stream.resume(cluster.address(), true);
                } else {
                    stream.begin(cluster.address(), request.deepCopy());
                    hasBegun = true;
                }
                stream.readTo(Integer.MAX_VALUE);
                stream.lose();
                return stream.text();
            } catch (LostStream.ConnectionLost e) {
                lost.incrementAndGet();
                cluster.awaitReady();
            }
        }
    }

    /// Each as one server writes it, over one connection.
    private List<String> texts(Cluster cluster, List<ObjectNode> requests) throws Exception {
        var texts = new ArrayList<String>();
        for (var request : requests) {
            String text;
            do { // on a busy machine the proxy may believe for a moment that nobody is there
                lost.set(0);
                text = read(cluster, request);
            } while (lost.get() > 0);
            texts.add(text);
        }
        return texts;
    }

    private static ObjectNode request(int number) {
        var random = new SplittableRandom(number);
        return new ObjectMapper()
                .createObjectNode()
                .put("input", "The " + "long ".repeat(random.nextInt(1, 20)) + "road:")
                .put("max_output_tokens", random.nextInt(1_000, 2_000))
                .put("temperature", random.nextDouble(0.5, 1.5))
                .put("seed", number);
    }

    private static String startRun(Cluster cluster) {
        return given().baseUri(cluster.url())
                .contentType("application/json")
                .body("""
                        {"preset": "demo", "corpus": "own", "config": {"contextLength": 64, "nLayer": 2, "nHead": 2,
                         "nEmbd": 64, "curriculum": [], "dropout": 0.1, "evaluationInterval": 100, "steps": 50000}}""")
                .post("/v1/runs")
                .then()
                .statusCode(201)
                .extract()
                .path("id");
    }

    private static int step(Cluster cluster, String run) {
        return given().baseUri(cluster.url()).get("/v1/runs/" + run).path("step");
    }

    /// Every step is there once, up to where the run is stopped.
    private static void assertCurve(Cluster cluster, String run) {
        var one = "/v1/runs/" + run;
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(() -> given().baseUri(cluster.url())
                                .post(one + "/stop")
                                .then()
                                .extract()
                                .statusCode()
                        == 202);
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(() ->
                        given().baseUri(cluster.url()).get(one).path("state").equals("STOPPED"));
        List<Integer> steps =
                given().baseUri(cluster.url()).get(one + "/metrics").path("steps.step");
        assertEquals(IntStream.rangeClosed(1, steps.getLast()).boxed().toList(), steps);
        System.out.println("the run was stopped at step " + steps.getLast());
    }

    /// There is one run for each time of the schedule since then; nobody works on them, as one worker is busy.
    private static void assertSchedule(Cluster cluster, String schedule, Instant since) {
        // who was killed may have had the next alarm in its hands: the others look after it every few seconds
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            FrequentSchedule.awaitMiddle();
            return fires(cluster).size() == FrequentSchedule.times(since, Instant.now());
        });
        var fires = fires(cluster);
        for (int i = 0; i < fires.size(); i++) {
            assertTrue(FrequentSchedule.times(since, fires.get(i)) > i, "fired twice: " + fires);
        }
        System.out.printf(
                "the schedule fired %d of %d times%n", fires.size(), FrequentSchedule.times(since, Instant.now()));
        given().baseUri(cluster.url())
                .delete("/v1/schedules/" + schedule)
                .then()
                .statusCode(204);
        List<String> queued =
                given().baseUri(cluster.url()).get("/v1/runs").path("data.findAll { it.schedule != null }.id");
        for (String id : queued) {
            given().baseUri(cluster.url())
                    .post("/v1/runs/" + id + "/stop")
                    .then()
                    .statusCode(202);
        }
    }

    private static List<Instant> fires(Cluster cluster) {
        List<String> times =
                given().baseUri(cluster.url()).get("/v1/runs").path("data.findAll { it.schedule != null }.createdAt");
        return times.stream().map(Instant::parse).sorted().toList();
    }
}
