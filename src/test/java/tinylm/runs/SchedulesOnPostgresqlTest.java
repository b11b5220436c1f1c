package tinylm.runs;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Against a real server, whose binaries Maven brings for Linux on x86-64.
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class SchedulesOnPostgresqlTest extends SchedulesTest {

    private static EmbeddedPostgres server;

    @BeforeAll
    static void start() throws IOException {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @Override
    DataSource emptyDatabase() throws SQLException {
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("drop database if exists runs with (force)");
            statement.execute("create database runs");
        }
        return server.getDatabase("postgres", "runs");
    }

    @Override
    boolean isShared() {
        return true;
    }
}
