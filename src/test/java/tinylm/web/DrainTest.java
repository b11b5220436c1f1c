package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The end of service before a real HTTP server, whose `/slow` answers when the test says so.
class DrainTest {

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final BlockingQueue<HttpServerResponse> slow = new LinkedBlockingQueue<>();

    private URI serve(Drain drain) {
        var router = Router.router(vertx);
        router.route().handler(drain::admit);
        router.route("/slow").handler(context -> slow.add(context.response()));
        router.route().handler(context -> context.response().end("here"));
        HttpServer server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        return URI.create("http://127.0.0.1:" + server.actualPort());
    }

    private CompletableFuture<HttpResponse<String>> ask(URI server, String path) {
        return http.sendAsync(
                HttpRequest.newBuilder(server.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /// On a thread of its own: it waits, and the pool that others share may have one thread only.
    private static CompletableFuture<Void> begin(Drain drain) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        drain.begin(new ShutdownDelayInitiatedEvent());
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> Thread.ofPlatform().daemon().start(task));
    }

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        http.close();
    }

    @Test
    void a_request_may_end_while_new_ones_are_refused_and_health_still_answers() throws Exception {
        var drain = new Drain(Duration.ofMinutes(5), new NoSockets());
        var server = serve(drain);
        assertEquals("here", ask(server, "/quick").get(30, TimeUnit.SECONDS).body());
        var running = ask(server, "/slow");
        var response = slow.poll(30, TimeUnit.SECONDS);
        var drained = begin(drain);
        Awaitility.await().until(drain::hasBegun);
        var refused = ask(server, "/quick").get(30, TimeUnit.SECONDS);
        assertEquals(503, refused.statusCode());
        assertTrue(refused.body().contains("\"shutting_down\""), refused.body());
        assertEquals(List.of("2"), refused.headers().allValues("Retry-After"));
        assertEquals(
                200, ask(server, "/q/health/live").get(30, TimeUnit.SECONDS).statusCode());
        assertFalse(drained.isDone());
        response.end("whole");
        assertEquals("whole", running.get(30, TimeUnit.SECONDS).body());
        drained.get(30, TimeUnit.SECONDS);
    }

    @Test
    void a_client_that_goes_away_is_not_waited_for() throws Exception {
        var drain = new Drain(Duration.ofMinutes(5), new NoSockets());
        var server = serve(drain);
        try (var leaving = HttpClient.newHttpClient()) {
            var lost = leaving.sendAsync(
                    HttpRequest.newBuilder(server.resolve("/slow")).build(), HttpResponse.BodyHandlers.ofString());
            slow.poll(30, TimeUnit.SECONDS);
            lost.cancel(true);
            leaving.shutdownNow();
        }
        begin(drain).get(30, TimeUnit.SECONDS);
    }

    @Test
    void when_time_is_up_what_still_runs_is_cancelled_and_may_say_so() throws Exception {
        var drain = new Drain(Duration.ofMillis(50), new NoSockets());
        var server = serve(drain);
        var running = ask(server, "/slow");
        var response = slow.poll(30, TimeUnit.SECONDS);
        var ended = drain.cancelWhenTimeIsUp(() -> response.end("never"));
        ended.close();
        drain.cancelWhenTimeIsUp(() -> response.end("cancelled"));
        begin(drain).get(30, TimeUnit.SECONDS);
        assertEquals("cancelled", running.get(30, TimeUnit.SECONDS).body());
    }

    @Test
    void with_nothing_running_it_is_over_at_once() throws Exception {
        begin(new Drain(Duration.ofDays(1), new NoSockets())).get(30, TimeUnit.SECONDS);
    }
}
