package tinylm.runs;

import javax.sql.DataSource;

class CorporaOnH2Test extends CorporaTest {

    @Override
    DataSource emptyDatabase() {
        return EmptyDatabase.h2(folder);
    }
}
