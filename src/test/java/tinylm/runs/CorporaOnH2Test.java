package tinylm.runs;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

class CorporaOnH2Test extends CorporaTest {

    @Override
    DataSource emptyDatabase() {
        var database = new JdbcDataSource();
        database.setURL("jdbc:h2:file:" + folder.resolve("db")
                + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH");
        return database;
    }
}
