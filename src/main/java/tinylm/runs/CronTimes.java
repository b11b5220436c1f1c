package tinylm.runs;

import java.time.ZoneId;
import java.util.Date;
import org.quartz.CronTrigger;
import org.quartz.ScheduleBuilder;
import org.quartz.impl.jdbcjobstore.SimplePropertiesTriggerPersistenceDelegateSupport;
import org.quartz.impl.jdbcjobstore.SimplePropertiesTriggerProperties;
import org.quartz.impl.triggers.CronTriggerImpl;
import org.quartz.spi.MutableTrigger;
import org.quartz.spi.OperableTrigger;

/// Has Quartz fire at the times that [Cron] says, and not at those of its own cron triggers.
final class CronTimes extends ScheduleBuilder<CronTrigger> {

    private final Cron cron;
    private final ZoneId zone;

    CronTimes(Cron cron, ZoneId zone) {
        this.cron = cron;
        this.zone = zone;
    }

    @Override
    protected MutableTrigger build() {
        return new Trigger(cron, zone);
    }

    static final class Trigger extends CronTriggerImpl {

        private final transient Cron cron;
        private final transient ZoneId zone;

        private Trigger(Cron cron, ZoneId zone) {
            this.cron = cron;
            this.zone = zone;
        }

        boolean isAt(Schedule.Timing timing) {
            return cron.text().equals(timing.cron().text()) && zone.equals(timing.zone());
        }

        @Override
        protected Date getTimeAfter(Date after) {
            return cron.next(after.toInstant(), zone).map(Date::from).orElse(null);
        }

        @Override
        protected Date getTimeBefore(Date end) {
            throw new UnsupportedOperationException("schedules have no end");
        }

        /// Quartz would keep it as one of its own.
        @Override
        public boolean hasAdditionalProperties() {
            return true;
        }

        @Override
        public ScheduleBuilder<CronTrigger> getScheduleBuilder() {
            return new CronTimes(cron, zone);
        }
    }

    /// Keeps such triggers in the database. Quartz makes one by its name.
    public static final class Columns extends SimplePropertiesTriggerPersistenceDelegateSupport {

        @Override
        public String getHandledTriggerTypeDiscriminator() {
            return "TINYLM";
        }

        @Override
        public boolean canHandleTriggerType(OperableTrigger trigger) {
            return trigger instanceof Trigger;
        }

        @Override
        protected SimplePropertiesTriggerProperties getTriggerProperties(OperableTrigger trigger) {
            var times = (Trigger) trigger;
            var columns = new SimplePropertiesTriggerProperties();
            columns.setString1(times.cron.text());
            columns.setString2(times.zone.getId());
            return columns;
        }

        @Override
        protected TriggerPropertyBundle getTriggerPropertyBundle(SimplePropertiesTriggerProperties columns) {
            return new TriggerPropertyBundle(
                    new CronTimes(Cron.parse(columns.getString1()), ZoneId.of(columns.getString2())), null, null);
        }
    }
}
