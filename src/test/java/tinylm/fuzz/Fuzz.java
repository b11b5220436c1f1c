package tinylm.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;

/// Gives a reader of strangers' bytes a great many inputs, most of them nearly right, and holds it to three promises:
/// it throws nothing, it makes room for no more than its input's length allows, and it comes to an end.
///
/// `-Dtinylm.fuzz.inputs=1000000` sets how many inputs each reader gets, `-Dtinylm.fuzz.seed=7` which; what is found
/// is reported with the input itself.
public final class Fuzz {

    private static final long INPUTS = Long.getLong("tinylm.fuzz.inputs", 20_000);
    private static final long SEED = Long.getLong("tinylm.fuzz.seed", 1);
    /// Far beyond every limit of ours; only what never ends takes so much of a processor.
    private static final Duration ENDLESS = Duration.ofSeconds(30);
    private static final int SHOWN_BYTES = 4_096;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final BufferPoolMXBean DIRECT = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .findFirst()
            .orElseThrow();

    /// What is asked; a refusal that it documents is no throw.
    @FunctionalInterface
    public interface Reader {
        void read(byte[] input) throws Exception;
    }

    /// Most bytes that reading may allocate, thrown away or kept.
    ///
    /// @param least whatever the input
    /// @param perByte for each byte of the input
    public record Cap(long least, long perByte) {
        long of(int length) {
            return least + perByte * length;
        }
    }

    private final String name;
    private final Reader reader;
    private final Cap cap;
    private final Mutations mutations;
    private volatile byte[] current = {};
    private volatile long began;
    private volatile Throwable found;
    private int slowest;
    private long mostNanos;
    private int greediest;
    private long mostBytes;

    private Fuzz(String name, Reader reader, Cap cap, Mutations mutations) {
        this.name = name;
        this.reader = reader;
        this.cap = cap;
        this.mutations = mutations;
    }

    /// @param valid what the reader takes; inputs are made from these
    /// @throws AssertionError with the first input that breaks a promise
    public static void run(String name, List<byte[]> valid, Cap cap, Reader reader) throws InterruptedException {
        new Fuzz(name, reader, cap, new Mutations(valid)).run();
    }

    private void run() throws InterruptedException {
        long start = System.nanoTime();
        var thread = Thread.ofPlatform().name("fuzz").daemon().start(this::feedAll);
        while (!thread.join(Duration.ofSeconds(1))) {
            if (THREADS.getThreadCpuTime(thread.threadId()) - began > ENDLESS.toNanos()) {
                throw new AssertionError(name + " does not end with " + shown(current));
            }
        }
        if (found != null) {
            throw new AssertionError(found.getMessage() + " " + shown(current), found.getCause());
        }
        System.out.printf(
                "fuzz %s: %,d inputs in %.0f s; slowest %.1f ms (%,d bytes), most allocated %,d bytes (%,d bytes)%n",
                name, INPUTS, (System.nanoTime() - start) / 1e9, mostNanos / 1e6, slowest, mostBytes, greediest);
    }

    private void feedAll() {
        try {
            for (long n = 0; n < INPUTS; n++) {
                feed(n);
            }
        } catch (Throwable e) {
            found = e;
        }
    }

    private record Cost(long bytes, long nanos) {
        Cost min(Cost other) {
            return new Cost(Math.min(bytes, other.bytes), Math.min(nanos, other.nanos));
        }
    }

    private void feed(long n) {
        current = mutations.input(new SplittableRandom(SEED * 1_000_000_007 + n));
        var cost = cost(n);
        if (cost.bytes() > Math.min(mostBytes, cap.of(current.length)) || cost.nanos() > mostNanos) {
            cost = cost.min(cost(n)); // the first of a kind loads classes, too
        }
        if (cost.bytes() > cap.of(current.length)) {
            throw new AssertionError("%s allocated %,d bytes, where %,d are allowed, at input %d of seed %d:"
                    .formatted(name, cost.bytes(), cap.of(current.length), n, SEED));
        }
        if (cost.bytes() > mostBytes) {
            mostBytes = cost.bytes();
            greediest = current.length;
        }
        if (cost.nanos() > mostNanos) {
            mostNanos = cost.nanos();
            slowest = current.length;
        }
    }

    private Cost cost(long n) {
        long direct = DIRECT.getTotalCapacity();
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        began = THREADS.getCurrentThreadCpuTime();
        try {
            reader.read(current);
        } catch (Throwable e) {
            throw new AssertionError("%s threw %s at input %d of seed %d:".formatted(name, e, n, SEED), e);
        }
        return new Cost(
                THREADS.getCurrentThreadAllocatedBytes() - bytes + Math.max(0, DIRECT.getTotalCapacity() - direct),
                THREADS.getCurrentThreadCpuTime() - began);
    }

    private static String shown(byte[] input) {
        var start = Base64.getEncoder().encodeToString(Arrays.copyOf(input, Math.min(input.length, SHOWN_BYTES)));
        return "(%,d bytes, in base64) %s%s".formatted(input.length, start, input.length > SHOWN_BYTES ? "…" : "");
    }
}
