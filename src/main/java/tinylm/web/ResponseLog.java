package tinylm.web;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/// One line for each response that has ended, without a word of what was asked or answered. On when the log is JSON,
/// for then a program reads it; a person at a console, who sees the text come, is spared it unless
/// `tinylm.log-responses` says otherwise.
///
/// Written by a thread of its own: an engine must not wait for a terminal. Lines beyond what that thread can keep up
/// with are dropped.
@Singleton
class ResponseLog {

    private static final Logger LOG = Logger.getLogger(ResponseLog.class);
    private static final int MOST_WAITING = 1024;

    private final boolean on;
    private final ThreadPoolExecutor writer = new ThreadPoolExecutor(
            0,
            1,
            1,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            Thread.ofPlatform().daemon().name("response-log").factory(),
            new ThreadPoolExecutor.DiscardPolicy());

    ResponseLog(
            ServerConfig config, @ConfigProperty(name = "quarkus.log.console.json.enabled") Optional<Boolean> json) {
        on = config.logResponses().orElse(json.orElse(false));
    }

    /// @param state why it ended, or the code of its failure
    /// @param resumed whether the stream was begun elsewhere, or before
    /// @param waited until it had a slot
    /// @param took all in all
    record Entry(
            String id,
            String state,
            boolean resumed,
            int inputCharacters,
            int outputCharacters,
            Duration waited,
            Duration took,
            Caller caller) {}

    void ended(Entry entry) {
        if (on) {
            writer.execute(() -> write(entry));
        }
    }

    private static void write(Entry entry) {
        MDC.put("response", entry.id());
        MDC.put("state", entry.state());
        MDC.put("resumed", entry.resumed());
        MDC.put("input_characters", entry.inputCharacters());
        MDC.put("output_characters", entry.outputCharacters());
        MDC.put("waited_ms", entry.waited().toMillis());
        MDC.put("took_ms", entry.took().toMillis());
        MDC.put("address", entry.caller().address());
        MDC.put("key", entry.caller().key());
        LOG.infof(
                "%s %s: %d characters after %d, waited %d ms, took %d ms, for %s %s",
                entry.id(),
                entry.state(),
                entry.outputCharacters(),
                entry.inputCharacters(),
                entry.waited().toMillis(),
                entry.took().toMillis(),
                entry.caller().address(),
                entry.caller().key());
        MDC.clear();
    }

    @PreDestroy
    void close() throws InterruptedException {
        writer.shutdown();
        writer.awaitTermination(1, TimeUnit.SECONDS);
    }
}
