package tinylm.runs;

import javax.sql.DataSource;

class RunsOnH2Test extends RunsTest {

    @Override
    DataSource emptyDatabase() {
        return EmptyDatabase.h2(folder);
    }
}
