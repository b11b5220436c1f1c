package tinylm.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusCatalogTest {

    private static final byte[] TEXT = "a line of our own\n".repeat(10_000).getBytes(UTF_8);

    @TempDir
    Path top;

    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch testEnds = new CountDownLatch(1);
    private HttpServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    @AfterEach
    void stopServer() {
        testEnds.countDown();
        server.stop(0);
    }

    @Test
    void a_corpus_is_downloaded_once_with_progress_and_found_from_then_on() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, TEXT.length);
            exchange.getResponseBody().write(TEXT);
        });
        var last = new AtomicLong();
        var calls = new AtomicInteger();
        var found = catalog(TEXT).locate("ours", runtime(), (bytes, expected) -> {
            assertEquals(TEXT.length, expected);
            assertTrue(bytes > last.getAndSet(bytes), "progress goes up");
            calls.incrementAndGet();
        });
        assertEquals(runtime().resolve("corpora/ours.txt"), found);
        assertArrayEquals(TEXT, Files.readAllBytes(found));
        assertEquals(TEXT.length, last.get());
        assertTrue(calls.get() > 1, "progress comes more than once");
        assertEquals(found, locate());
        assertEquals(1, requests.get());
        assertEquals(List.of("ours.txt"), corpora());
    }

    @Test
    void a_text_with_another_hash_is_refused_and_leaves_nothing() throws IOException {
        serve(exchange -> {
            byte[] other = TEXT.clone();
            other[77] ^= 1;
            exchange.sendResponseHeaders(200, other.length);
            exchange.getResponseBody().write(other);
        });
        refused("SHA-256");
    }

    @Test
    void a_text_that_never_ends_is_cut_off() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 1_000; i++) {
                exchange.getResponseBody().write(TEXT);
            }
        });
        refused("longer than the " + TEXT.length + " bytes");
    }

    @Test
    void an_answer_of_404_is_told() throws IOException {
        serve(exchange -> exchange.sendResponseHeaders(404, -1));
        refused("404");
    }

    @Test
    void a_cut_connection_leaves_nothing() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, TEXT.length);
            exchange.getResponseBody().write(TEXT, 0, 1_000);
            exchange.getResponseBody().flush();
            throw new IOException("cut");
        });
        refused("was not downloaded");
    }

    @Test
    void a_server_that_falls_silent_is_given_up() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, TEXT.length);
            exchange.getResponseBody().write(TEXT, 0, 1_000);
            exchange.getResponseBody().flush();
            try {
                testEnds.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        var impatient = new CorpusDownload((bytes, expected) -> {}, Duration.ofMillis(300));
        var refusal = assertThrows(CorpusException.class, () -> catalog(TEXT).locate("ours", runtime(), impatient));
        assertTrue(refusal.getMessage().contains("took longer"), refusal.getMessage());
        assertEquals(List.of(), corpora());
    }

    @Test
    void without_a_network_the_message_says_what_to_do() throws IOException {
        var catalog = catalog(TEXT);
        server.stop(0);
        var refusal = assertThrows(CorpusException.class, () -> catalog.locate("ours", runtime(), (a, b) -> {}));
        assertTrue(refusal.getMessage().contains("by hand and put it at " + runtime()), refusal.getMessage());
    }

    @Test
    void a_file_beside_the_project_comes_before_a_download_when_its_hash_is_right() throws IOException {
        var shared = Files.createDirectories(top.resolve("shared/data")).resolve("ours.txt");
        Files.write(shared, TEXT);
        assertEquals(shared.toRealPath(), locate().toRealPath());
        serve(exchange -> {
            exchange.sendResponseHeaders(200, TEXT.length);
            exchange.getResponseBody().write(TEXT);
        });
        Files.writeString(shared, "something else");
        assertEquals(runtime().resolve("corpora/ours.txt"), locate());
    }

    @Test
    void a_downloaded_file_that_was_changed_is_refused_not_replaced() throws IOException {
        var file = Files.createDirectories(runtime().resolve("corpora")).resolve("ours.txt");
        Files.writeString(file, "something else");
        var refusal = assertThrows(CorpusException.class, this::locate);
        assertTrue(refusal.getMessage().contains("delete it"), refusal.getMessage());
        assertEquals("something else", Files.readString(file));
    }

    @Test
    void an_unknown_name_is_answered_with_the_known_ones() {
        var refusal = assertThrows(
                CorpusException.class, () -> catalog(TEXT).locate("theirs", runtime(), (bytes, expected) -> {}));
        assertTrue(refusal.getMessage().contains("known are ours"), refusal.getMessage());
    }

    @Test
    void a_catalog_that_is_none_is_refused() throws IOException {
        assertThrows(CorpusException.class, () -> CorpusCatalog.read(top.resolve("none.json")));
        var good = "{\"name\":\"x\",\"about\":\"\",\"url\":\"https://localhost/x\",\"sha256\":\"" + "a".repeat(64)
                + "\",\"bytes\":9,\"characters\":9,\"licence\":\"\"}";
        assertEquals(
                1,
                CorpusCatalog.read(write("{\"corpora\":[" + good + "]}"))
                        .entries()
                        .size());
        for (var bad : List.of(
                "",
                "[]",
                "{\"corpora\":[" + good + "," + good + "]}",
                "{\"corpora\":[" + good.replace("\"x\"", "\"../x\"") + "]}",
                "{\"corpora\":[" + good.replace("https", "file") + "]}",
                "{\"corpora\":[" + good.replace("\"url\":\"https://localhost/x\",", "") + "]}",
                "{\"corpora\":[" + good.replace("\"url\"", "\"file\":\"x.txt\",\"url\"") + "]}",
                "{\"corpora\":[" + good.replace("\"url\":\"https://localhost", "\"file\":\"..") + "]}",
                "{\"corpora\":[" + good.replace("aaaa", "AAAA") + "]}",
                "{\"corpora\":[" + good.replace("9,", "-9,") + "]}",
                "{\"corpora\":[" + good.replace("\"licence\"", "\"license\"") + "]}")) {
            assertThrows(CorpusException.class, () -> CorpusCatalog.read(write(bad)), bad);
        }
    }

    @Test
    void a_corpus_of_the_projects_own_needs_no_network_and_is_told_where_one_is_missing() throws IOException {
        var catalog = CorpusCatalog.read(write(String.format(
                "{\"corpora\":[{\"name\":\"far\",\"about\":\"\",\"url\":\"http://127.0.0.1:9/far.txt\","
                        + "\"sha256\":\"%1$s\",\"bytes\":%2$d,\"characters\":%2$d,\"licence\":\"\"},"
                        + "{\"name\":\"near\",\"about\":\"\",\"file\":\"corpora/near.txt\","
                        + "\"sha256\":\"%1$s\",\"bytes\":%2$d,\"characters\":%2$d,\"licence\":\"\"}]}",
                Corpus.sha256(TEXT), TEXT.length)));
        var file = top.resolve("project/data/corpora/near.txt");
        var missing = assertThrows(CorpusException.class, () -> catalog.find("near", runtime()));
        assertTrue(missing.getMessage().contains("is missing"), missing.getMessage());
        Files.createDirectories(file.getParent());
        Files.write(file, TEXT);
        assertEquals(Optional.of(file.toAbsolutePath()), catalog.find("near", runtime()));
        assertEquals(file.toAbsolutePath(), catalog.locate("near", runtime(), (bytes, expected) -> {}));
        var far = assertThrows(CorpusException.class, () -> catalog.locate("far", runtime(), (bytes, expected) -> {}));
        assertTrue(far.getMessage().endsWith(" The corpus near needs no network."), far.getMessage());
        Files.writeString(file, "something else");
        var other = assertThrows(CorpusException.class, () -> catalog.find("near", runtime()));
        assertTrue(other.getMessage().contains("restore it"), other.getMessage());
    }

    @Test
    void the_projects_catalog_names_tinyshakespeare_and_one_of_our_own() throws IOException {
        var catalog = CorpusCatalog.read(Path.of("data/corpora.json"));
        var own = catalog.entry("reveries").orElseThrow();
        var file = catalog.find("reveries", runtime()).orElseThrow(); // its hash is right
        assertEquals(own.characters(), CorpusSurvey.of("reveries", file).characters());
        var entries = catalog.entries();
        assertEquals("tinyshakespeare", entries.getFirst().name());
        assertEquals(1_115_394, entries.getFirst().characters());
    }

    private void refused(String part) throws IOException {
        var refusal = assertThrows(CorpusException.class, this::locate);
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertEquals(List.of(), corpora());
    }

    private void serve(HttpHandler handler) {
        server.createContext("/ours.txt", exchange -> {
            requests.incrementAndGet();
            try (exchange) {
                handler.handle(exchange);
            }
        });
    }

    private Path locate() throws IOException {
        return catalog(TEXT).locate("ours", runtime(), (bytes, expected) -> {});
    }

    private CorpusCatalog catalog(byte[] text) throws IOException {
        return CorpusCatalog.read(write(String.format(
                "{\"corpora\":[{\"name\":\"ours\",\"about\":\"a test\",\"url\":\"http://127.0.0.1:%d/ours.txt\","
                        + "\"sha256\":\"%s\",\"bytes\":%d,\"characters\":%d,\"licence\":\"ours\"}]}",
                server.getAddress().getPort(), Corpus.sha256(text), text.length, text.length)));
    }

    private Path write(String json) throws IOException {
        var data = Files.createDirectories(top.resolve("project/data"));
        return Files.writeString(data.resolve("corpora.json"), json);
    }

    private Path runtime() {
        return top.resolve("project/data/runtime");
    }

    private List<String> corpora() throws IOException {
        try (var files = Files.list(runtime().resolve("corpora"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
