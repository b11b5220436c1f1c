package tinylm.runs;

import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/// Rings never, and remembers for whom it should.
final class FakeAlarm implements Alarm {

    private final Set<String> ids = new ConcurrentSkipListSet<>();

    @Override
    public void set(Schedule schedule) {
        ids.add(schedule.id());
    }

    @Override
    public void cancel(String id) {
        ids.remove(id);
    }

    @Override
    public void start(Listener listener) {}

    Set<String> ids() {
        return ids;
    }
}
