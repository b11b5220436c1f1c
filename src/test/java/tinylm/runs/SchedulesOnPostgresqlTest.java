package tinylm.runs;

import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class SchedulesOnPostgresqlTest extends SchedulesTest {

    @Override
    DataSource emptyDatabase() throws SQLException {
        return EmptyDatabase.postgresql();
    }

    @Override
    boolean isShared() {
        return true;
    }
}
