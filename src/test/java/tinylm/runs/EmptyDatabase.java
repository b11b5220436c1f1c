package tinylm.runs;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/// Databases without a table, of both kinds.
public final class EmptyDatabase {

    private EmptyDatabase() {}

    /// A file of H2.
    ///
    /// @param folder where it shall lie
    public static DataSource h2(Path folder) {
        var database = new JdbcDataSource();
        database.setURL("jdbc:h2:file:" + folder.resolve("db")
                + ";DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH");
        return database;
    }

    /// One of a real server, whose binaries Maven brings for Linux on x86-64. The one before it is gone.
    static DataSource postgresql() throws SQLException {
        try (var connection = Server.RUNNING.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("drop database if exists runs with (force)");
            statement.execute("create database runs");
        }
        return Server.RUNNING.getDatabase("postgres", "runs");
    }

    /// Started for the first test that wants it; ends with the tests.
    private static final class Server {

        static final EmbeddedPostgres RUNNING = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
