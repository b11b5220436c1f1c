package tinylm.runs;

import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class CorporaOnPostgresqlTest extends CorporaTest {

    @Override
    DataSource emptyDatabase() throws SQLException {
        return EmptyDatabase.postgresql();
    }
}
