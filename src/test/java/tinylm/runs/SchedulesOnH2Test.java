package tinylm.runs;

import javax.sql.DataSource;

class SchedulesOnH2Test extends SchedulesTest {

    @Override
    DataSource emptyDatabase() {
        return EmptyDatabase.h2(folder);
    }

    @Override
    boolean isShared() {
        return false;
    }
}
