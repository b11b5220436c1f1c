package tinylm.runs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tinylm.runs.CorpusInfo.Presence;
import tinylm.runs.CorpusInfo.Source;
import tinylm.store.CheckpointStore;
import tinylm.text.CorpusCatalog;
import tinylm.text.CorpusException;
import tinylm.text.CorpusSurvey;
import tinylm.training.OwnText;

/// Holds on every database that is supported.
abstract class CorporaTest {

    private static final String TEXT = OwnText.text(3_000) + "\u00e9\ud83d\ude00\n";
    private static final String LONGER = TEXT + "And more of it.\n";

    @TempDir
    Path folder;

    private DataSource database;
    private Corpora corpora;
    private Runs runs;

    /// An empty one.
    abstract DataSource emptyDatabase() throws Exception;

    @BeforeEach
    void open() throws Exception {
        database = emptyDatabase();
        Flyway.configure().dataSource(database).locations("db/migration").load().migrate();
        OwnCatalog.write(folder);
        server();
    }

    private void server() {
        corpora = new Corpora(
                CorpusCatalog.read(folder.resolve("corpora.json")),
                folder,
                database,
                CheckpointStore.onVolume(folder.resolve("runs")),
                Clock.systemUTC());
        runs = new Runs(
                database,
                new Runs.Settings(folder.resolve("runs"), 1, Duration.ofSeconds(10), 3, 4),
                corpora,
                new FakeLauncher(),
                CheckpointStore.onVolume(folder.resolve("runs")),
                Clock.systemUTC());
    }

    @Test
    void an_uploaded_text_is_kept_with_its_alphabet_and_found_by_a_server_that_starts_anew() throws IOException {
        var kept = upload("My novel", TEXT);
        assertTrue(kept.isNew());
        var corpus = kept.corpus();
        assertEquals(Source.UPLOADED, corpus.source());
        assertEquals(corpus.sha256(), corpus.id());
        assertEquals(3_003, corpus.characters());
        assertEquals(2_702, corpus.trainCharacters());
        assertEquals(TEXT.getBytes(UTF_8).length, corpus.bytes());
        assertEquals(
                TEXT.codePoints()
                        .distinct()
                        .sorted()
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining()),
                corpus.alphabet().orElseThrow());
        assertEquals(TEXT.substring(0, 20), corpora.excerpt(corpus, 0, 20));
        server();
        assertEquals(corpus, corpora.get(corpus.id()));
        assertEquals(List.of("own", "distant", "My novel"), corpora.names());
        var text = corpora.find("My novel").orElseThrow();
        assertEquals(TEXT, Files.readString(text.file()));
        assertEquals(text, corpora.find(corpus.id()).orElseThrow());
        assertEquals(List.of(text.file().getFileName().toString()), uploaded());
        var run = start("My novel");
        assertEquals(text.vocabSize(), run.order().config().model().vocabSize());
        assertEquals("My novel", run.order().corpus());
    }

    @Test
    void the_same_bytes_are_kept_once_and_brought_back_when_their_file_was_lost() throws IOException {
        var corpus = upload("first", TEXT).corpus();
        var again = upload("second", TEXT);
        assertFalse(again.isNew());
        assertEquals(corpus, again.corpus());
        Files.delete(corpora.find("first").orElseThrow().file());
        var absent =
                assertInstanceOf(Presence.Absent.class, corpora.get(corpus.id()).presence());
        assertTrue(absent.problem().contains("upload the text again"), absent.problem());
        assertThrows(CorpusException.class, () -> corpora.find("first"));
        assertEquals(Optional.empty(), corpora.find("first", corpus.sha256()));
        assertFalse(upload("first", TEXT).isNew());
        assertEquals(corpus, corpora.get(corpus.id()));
    }

    @Test
    void a_name_means_its_newest_text_and_runs_keep_theirs() throws IOException {
        var old = upload("log", TEXT).corpus();
        var run = start("log");
        var now = upload("log", LONGER).corpus();
        assertEquals(
                List.of(now.id(), old.id()),
                corpora.list().stream()
                        .filter(one -> one.source() == Source.UPLOADED)
                        .map(CorpusInfo::id)
                        .toList());
        assertEquals(now.sha256(), corpora.find("log").orElseThrow().sha256());
        assertEquals(
                old.sha256(), corpora.find("log", old.sha256()).orElseThrow().sha256());
        assertEquals(Optional.empty(), corpora.find("other", old.sha256()));
        assertEquals(
                old.sha256(),
                runs.clone(run.id(), Optional.empty(), Optional.empty(), Map.of())
                        .order()
                        .corpusSha256());
        assertEquals(now.sha256(), start("log").order().corpusSha256());
        assertEquals(old.sha256(), start(old.id()).order().corpusSha256());
    }

    @Test
    void what_the_catalog_knows_by_its_hash_is_the_catalogs() throws IOException {
        var own = folder.resolve("corpora/own.txt");
        var bytes = Files.readAllBytes(own);
        Files.delete(own);
        assertInstanceOf(Presence.Absent.class, corpora.get("own").presence());
        var kept = corpora.upload("by hand", new ByteArrayInputStream(bytes), 1 << 20);
        assertFalse(kept.isNew());
        assertEquals(corpora.get("own"), kept.corpus());
        assertInstanceOf(Presence.Ready.class, kept.corpus().presence());
        assertEquals(List.of("own", "distant"), corpora.names());
        assertTrue(corpora.find("own", kept.corpus().sha256()).isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " x", "own", "OWN", "distant", "a/b", "../x", ".x", "a\nb", "<i>", "\u0000"})
    void names_that_are_not_allowed_are_refused(String name) throws IOException {
        var refused = assertThrows(RunRefused.class, () -> upload(name, TEXT));
        assertEquals("name", refused.param());
        assertTrue(refused.getMessage().endsWith("catalog's: own, distant."), refused.getMessage());
        assertEquals(List.of(), uploaded());
        assertThrows(RunRefused.class, () -> upload("x".repeat(65), TEXT));
        assertThrows(RunRefused.class, () -> upload("a".repeat(64), TEXT));
        assertTrue(upload("\u00c4 1._-\u4e2d", TEXT).isNew());
    }

    @Test
    void what_is_no_text_leaves_nothing() throws IOException {
        assertRefused(
                RunRefused.Kind.TOO_LARGE,
                "at most 3000 bytes",
                () -> corpora.upload("large", new ByteArrayInputStream(TEXT.getBytes(UTF_8)), 3_000));
        assertThrows(CorpusException.class, () -> upload("short", "a\n".repeat(499)));
        assertThrows(CorpusException.class, () -> upload("binary", TEXT + "\u0000"));
        var many = new StringBuilder();
        for (int codePoint = 0x20000; codePoint < 0x20000 + 20_001; codePoint++) {
            many.appendCodePoint(codePoint);
        }
        var refused = assertThrows(CorpusException.class, () -> upload("many", many.toString()));
        assertTrue(refused.getMessage().endsWith("20001 different characters; a corpus has at most 20000."));
        var cut = new InputStream() {
            private int left = 5_000;

            @Override
            public int read() throws IOException {
                if (left-- <= 0) {
                    throw new IOException("cut");
                }
                return 'x';
            }
        };
        assertThrows(IOException.class, () -> corpora.upload("cut", cut, 1 << 20));
        assertEquals(List.of(), uploaded());
        assertEquals(2, corpora.list().size());
        many.setLength(2 * 20_000);
        assertEquals(
                many.toString(),
                upload("many", many.toString()).corpus().alphabet().orElseThrow());
    }

    @ParameterizedTest
    @EnumSource
    void a_text_that_a_run_uses_is_not_deleted_before_the_run_has_ended(RunState state) throws Exception {
        var corpus = upload("mine", TEXT).corpus();
        var run = start("mine");
        try (var connection = database.getConnection();
                var statement = connection.prepareStatement("update run set state = ? where id = ?")) {
            statement.setString(1, state.name());
            statement.setString(2, run.id());
            statement.executeUpdate();
        }
        boolean isOver = switch (state) { // an expression: no state is left out
            case STOPPED, FAILED, SUCCEEDED, CANCELLED -> true;
            case QUEUED, STARTING, RUNNING, PAUSED, STOPPING, INTERRUPTED -> false;
        };
        if (isOver) {
            corpora.delete(corpus.id());
            assertEquals(List.of(), uploaded());
            assertRefused(RunRefused.Kind.CORPUS_NOT_FOUND, "no corpus", () -> corpora.get(corpus.id()));
            assertRefused(RunRefused.Kind.CORPUS_NOT_FOUND, "no corpus", () -> corpora.delete(corpus.id()));
            assertRefused(RunRefused.Kind.INVALID, "no corpus \"mine\"", () -> start("mine"));
            assertTrue(upload("mine", TEXT).isNew());
        } else {
            assertRefused(RunRefused.Kind.CONFLICT, "the run \"a run\" uses it", () -> corpora.delete(corpus.id()));
            start("mine");
            assertRefused(RunRefused.Kind.CONFLICT, "and 1 more use it", () -> corpora.delete(corpus.id()));
            assertTrue(corpora.find("mine").isPresent());
        }
    }

    @Test
    void the_catalogs_are_not_deleted_and_uploaded_ones_not_downloaded() throws IOException {
        assertRefused(RunRefused.Kind.CONFLICT, "cannot be deleted", () -> corpora.delete("own"));
        assertRefused(RunRefused.Kind.CORPUS_NOT_FOUND, "no corpus \"x\"", () -> corpora.delete("x"));
        assertRefused(RunRefused.Kind.CORPUS_NOT_FOUND, "no corpus \"x\"", () -> corpora.download("x"));
        var corpus = upload("mine", TEXT).corpus();
        assertRefused(RunRefused.Kind.CONFLICT, "an uploaded one", () -> corpora.download(corpus.id()));
    }

    @Test
    void a_download_goes_on_in_the_background_and_tells_how_far_it_is() throws IOException {
        var bytes = TEXT.getBytes(UTF_8);
        var goOn = new CountDownLatch(1);
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/far.txt", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes, 0, 1_000);
                exchange.getResponseBody().flush();
                goOn.await();
                exchange.getResponseBody().write(bytes, 1_000, bytes.length - 1_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        try {
            var sha256 = CorpusSurvey.of("far", Files.write(folder.resolve("copy"), bytes))
                    .sha256();
            Files.writeString(folder.resolve("corpora.json"), """
                    {"corpora": [{"name": "far", "about": "", "url": "http://127.0.0.1:%d/far.txt", "sha256": "%s",
                     "bytes": %d, "characters": 3003, "licence": "ours"}]}
                    """.formatted(
                            server.getAddress().getPort(), sha256, bytes.length));
            server();
            assertEquals(new Presence.Absent(""), corpora.get("far").presence());
            corpora.download("far");
            corpora.download("far");
            Awaitility.await().until(() -> corpora.get("far").presence().equals(new Presence.Downloading(1_000)));
            goOn.countDown();
            assertEquals(sha256, corpora.find("far").orElseThrow().sha256()); // waits for the one under way
            assertEquals(new Presence.Ready(), corpora.get("far").presence());
            assertTrue(corpora.get("far").alphabet().orElseThrow().contains("\ud83d\ude00"));
        } finally {
            goOn.countDown();
            server.stop(0);
        }
    }

    @Test
    void a_download_that_fails_leaves_the_reason_to_be_read() {
        corpora.download("distant");
        Awaitility.await()
                .until(() -> corpora.get("distant").presence() instanceof Presence.Absent absent
                        && absent.problem().startsWith("The corpus distant was not downloaded"));
        assertThrows(CorpusException.class, () -> start("distant"));
    }

    private Corpora.Kept upload(String name, String text) throws IOException {
        return corpora.upload(name, new ByteArrayInputStream(text.getBytes(UTF_8)), 1 << 20);
    }

    private Run start(String corpus) {
        return runs.start(Optional.of("\"a run\""), "demo", corpus, Map.of("steps", 20));
    }

    private List<String> uploaded() throws IOException {
        var directory = folder.resolve("corpora/uploaded");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static void assertRefused(RunRefused.Kind kind, String part, Executable action) {
        var refused = assertThrows(RunRefused.class, action);
        assertEquals(kind, refused.kind());
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }
}
