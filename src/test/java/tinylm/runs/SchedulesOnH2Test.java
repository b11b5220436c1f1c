package tinylm.runs;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

class SchedulesOnH2Test extends SchedulesTest {

    @Override
    DataSource emptyDatabase() {
        var database = new JdbcDataSource();
        database.setURL("jdbc:h2:file:" + folder.resolve("db")
                + ";DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH");
        return database;
    }

    @Override
    boolean isShared() {
        return false;
    }
}
