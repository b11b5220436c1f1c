package tinylm.runs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.store.CheckpointStore;
import tinylm.store.S3Server;
import tinylm.text.CorpusCatalog;

/// Two servers with a database and a store in common, and no disk.
class CorporaInStoreTest {

    @TempDir
    Path folder;

    @Test
    void a_text_that_one_server_has_can_be_learnt_by_a_run_that_another_starts() throws Exception {
        var database = EmptyDatabase.h2(folder);
        Flyway.configure().dataSource(database).locations("db/migration").load().migrate();
        try (var s3 = new S3Server(Files.createDirectories(folder.resolve("s3")))) {
            s3.useHere();
            try (var store = CheckpointStore.of(
                    Optional.of("s3://" + S3Server.BUCKET), folder.resolve("runs"), folder.resolve("scratch"))) {
                var one = server("one", database, store);
                var other = server("other", database, store);
                Files.delete(folder.resolve("other/corpora/own.txt")); // nobody has downloaded it there

                var downloaded = one.find("own").orElseThrow();
                var copy = other.find("own", downloaded.sha256()).orElseThrow();
                assertTrue(copy.file().startsWith(folder.resolve("other")), copy.toString());
                assertEquals(Files.readString(downloaded.file()), Files.readString(copy.file()));

                var text = "To be brought from elsewhere. ".repeat(100);
                var bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
                var uploaded = one.upload("mine", bytes, 10_000).corpus();
                var found = other.find("mine", uploaded.sha256()).orElseThrow();
                assertEquals(text, Files.readString(found.file()));
            }
        }
    }

    private Corpora server(String name, DataSource database, CheckpointStore store) throws Exception {
        var own = Files.createDirectories(folder.resolve(name));
        return new Corpora(CorpusCatalog.read(OwnCatalog.write(own)), own, database, store, Clock.systemUTC());
    }
}
