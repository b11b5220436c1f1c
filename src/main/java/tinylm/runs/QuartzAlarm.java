package tinylm.runs;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.quartz.CronTrigger;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;
import org.quartz.impl.StdSchedulerFactory;
import org.quartz.impl.jdbcjobstore.JobStoreTX;
import org.quartz.impl.jdbcjobstore.PostgreSQLDelegate;
import org.quartz.listeners.TriggerListenerSupport;
import org.quartz.utils.ConnectionProvider;
import org.quartz.utils.DBConnectionManager;

/// Schedules fire by Quartz, whose tables are beside ours: servers with the same database agree on who fires.
public final class QuartzAlarm implements Alarm, AutoCloseable {

    private final Scheduler scheduler;
    private volatile Listener listener;

    /// @param isShared whether other servers may have the database open
    /// @param patience a time that is passed by less than this counts as not missed
    public QuartzAlarm(DataSource database, boolean isShared, Duration patience) {
        var source = "schedules-" + UUID.randomUUID();
        DBConnectionManager.getInstance().addConnectionProvider(source, new Connections(database));
        var properties = new Properties();
        properties.putAll(Map.ofEntries(
                // the same on all servers of a database; Quartz keeps its rows by it
                Map.entry(StdSchedulerFactory.PROP_SCHED_INSTANCE_NAME, "tinylm"),
                Map.entry(StdSchedulerFactory.PROP_SCHED_INSTANCE_ID, StdSchedulerFactory.AUTO_GENERATE_INSTANCE_ID),
                Map.entry(StdSchedulerFactory.PROP_SCHED_MAKE_SCHEDULER_THREAD_DAEMON, "true"),
                Map.entry("org.quartz.threadPool.threadCount", "2"),
                Map.entry("org.quartz.threadPool.makeThreadsDaemons", "true"),
                Map.entry("org.quartz.jobStore.class", JobStoreTX.class.getName()),
                Map.entry("org.quartz.jobStore.driverDelegateClass", PostgreSQLDelegate.class.getName()), // H2's, too
                Map.entry(
                        "org.quartz.jobStore.driverDelegateInitString",
                        "triggerPersistenceDelegateClasses=" + CronTimes.Columns.class.getName()),
                Map.entry("org.quartz.jobStore.dataSource", source),
                Map.entry("org.quartz.jobStore.useProperties", "true"),
                Map.entry("org.quartz.jobStore.isClustered", Boolean.toString(isShared)),
                Map.entry("org.quartz.jobStore.clusterCheckinInterval", "5000"),
                Map.entry("org.quartz.jobStore.misfireThreshold", Long.toString(patience.toMillis())),
                Map.entry("org.quartz.jobStore.makeThreadsDaemons", "true")));
        try {
            scheduler = new StdSchedulerFactory(properties).getScheduler();
            scheduler.setJobFactory((_, _) -> new Fire(this));
            scheduler.getListenerManager().addTriggerListener(new Misses());
        } catch (SchedulerException e) {
            throw new IllegalStateException("the schedules cannot be kept", e);
        }
    }

    @Override
    public void start(Listener hears) {
        listener = hears;
        attempt(scheduler::start);
    }

    @Override
    public void set(Schedule schedule) {
        attempt(() -> {
            var timing = schedule.timing();
            int instruction = instruction(timing.missed());
            var before = scheduler.getTrigger(TriggerKey.triggerKey(schedule.id()));
            if (before instanceof CronTimes.Trigger times
                    && times.isAt(timing)
                    && times.getMisfireInstruction() == instruction) {
                return;
            }
            var job = JobBuilder.newJob(Fire.class)
                    .withIdentity(schedule.id())
                    .requestRecovery()
                    .build();
            var trigger = TriggerBuilder.newTrigger()
                    .withIdentity(schedule.id())
                    .withSchedule(new CronTimes(timing.cron(), timing.zone()))
                    .build();
            ((CronTimes.Trigger) trigger).setMisfireInstruction(instruction);
            scheduler.scheduleJob(job, Set.of(trigger), true);
        });
    }

    private static int instruction(Schedule.Missed missed) {
        return switch (missed) {
            case FIRE_ONCE -> CronTrigger.MISFIRE_INSTRUCTION_FIRE_ONCE_NOW;
            case SKIP -> CronTrigger.MISFIRE_INSTRUCTION_DO_NOTHING;
        };
    }

    @Override
    public void cancel(String id) {
        attempt(() -> scheduler.unscheduleJob(TriggerKey.triggerKey(id)));
    }

    /// Waits for what is being started right now.
    @Override
    public void close() {
        attempt(() -> scheduler.shutdown(true));
    }

    private interface Attempt {
        void run() throws SchedulerException;
    }

    private static void attempt(Attempt attempt) {
        try {
            attempt.run();
        } catch (SchedulerException e) {
            throw new IllegalStateException("the schedules cannot be kept", e);
        }
    }

    /// What Quartz keeps by name.
    @DisallowConcurrentExecution
    static final class Fire implements Job {

        private final QuartzAlarm alarm;

        private Fire(QuartzAlarm alarm) {
            this.alarm = alarm;
        }

        @Override
        public void execute(JobExecutionContext context) {
            alarm.listener.fire(context.getJobDetail().getKey().getName(), time(context));
        }

        /// The time that it fires for, also when another server ended before it had done so.
        private static Instant time(JobExecutionContext context) {
            return context.isRecovering()
                    ? Instant.ofEpochMilli(context.getMergedJobDataMap()
                            .getLongValue(Scheduler.FAILED_JOB_ORIGINAL_TRIGGER_SCHEDULED_FIRETIME_IN_MILLISECONDS))
                    : context.getScheduledFireTime().toInstant();
        }
    }

    private final class Misses extends TriggerListenerSupport {

        @Override
        public String getName() {
            return "misses";
        }

        @Override
        public void triggerMisfired(Trigger trigger) {
            if (trigger.getMisfireInstruction() == CronTrigger.MISFIRE_INSTRUCTION_DO_NOTHING) {
                listener.missed(trigger.getKey().getName());
            }
        }
    }

    private record Connections(DataSource database) implements ConnectionProvider {

        @Override
        public Connection getConnection() throws SQLException {
            return database.getConnection();
        }

        @Override
        public void initialize() {}

        @Override
        public void shutdown() {}
    }
}
