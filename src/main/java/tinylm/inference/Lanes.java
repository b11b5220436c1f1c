package tinylm.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// The threads of a process that compute steps. A step is cut into pieces, each computed by one thread alone, and
/// the threads wait for each other once a step. Two threads that share each operation wait for each other some
/// hundred times a step, and as long as the slower is held up: 64 sequences of 2.7 million parameters decoded at
/// 2,300 to 3,500 characters/s that way, and at 4,800 in pieces, on two busy cores. The bits of a result do not
/// depend on the number of threads.
///
/// Steps of two models, as there are while one replaces the other, never overlap: they would fight for the same
/// cores. Any thread.
public final class Lanes {

    /// What a slot of a crowd costs in a decode, in tokens of a prefill.
    private static final int SLOT_COST = 6;

    /// Slots of a crowd are shared out by so many, which are whole batches whatever their columns.
    private static final int UNIT = 4;

    /// Up to so many sequences a thread decode four tokens at once: a step of a few takes its time however many it has,
    /// that of a crowd takes longer with each.
    private static final int FEW = 8;

    /// Up to so many decode three, and more of them two, so that a step stays short.
    private static final int MANY = 32;

    private static final long IDLE_SECONDS = 60;

    private final int count;
    private final ReentrantLock step = new ReentrantLock(true);
    private final ThreadPoolExecutor others;

    /// @param count how many threads compute, that of the engine included
    public Lanes(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("there must be at least one lane, but there are " + count);
        }
        this.count = count;
        int rest = Math.max(1, count - 1);
        others = new ThreadPoolExecutor(
                rest,
                rest,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("lane-", 1).factory());
        others.allowCoreThreadTimeOut(true);
    }

    /// How many tokens each of so many sequences should decode in a step.
    public int width(int sequences) {
        return sequences <= FEW * count ? 4 : sequences <= MANY * count ? 3 : 2;
    }

    /// Makes a step, when no other is under way.
    void take(Runnable theStep) {
        step.lock();
        try {
            theStep.run();
        } finally {
            step.unlock();
        }
    }

    /// Computes the pieces, the first ones first, on the calling thread and the others; returns when all are done.
    ///
    /// @return the results in the order of the pieces
    /// @throws java.util.concurrent.CompletionException when a piece failed
    <T> List<T> all(List<Supplier<T>> pieces) {
        List<CompletableFuture<T>> results =
                pieces.stream().map(_ -> new CompletableFuture<T>()).toList();
        var next = new AtomicInteger();
        Runnable lane = () -> {
            for (int i = next.getAndIncrement(); i < results.size(); i = next.getAndIncrement()) {
                compute(pieces.get(i), results.get(i));
            }
        };
        try {
            IntStream.range(1, Math.min(count, pieces.size())).forEach(_ -> others.execute(lane));
        } finally {
            lane.run();
            CompletableFuture.allOf(results.toArray(CompletableFuture[]::new))
                    .exceptionally(_ -> null)
                    .join(); // they use the model's memory
        }
        return results.stream().map(CompletableFuture::join).toList();
    }

    private static <T> void compute(Supplier<T> piece, CompletableFuture<T> result) {
        try {
            result.complete(piece.get());
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    /// Slots [from, to) of a decode.
    record Cut(int from, int to) {}

    /// Whether each lane decodes several batches of so many sequences, so that it pays to have each half of them in
    /// lanes of its own.
    boolean areCrowded(int sequences) {
        return count > 1 && sequences >= 2 * UNIT * count;
    }

    /// Cuts the slots of a decode into pieces, a lane each, so that lanes that take prefills of some costs first, in
    /// tokens, end together. The smallest has the lowest slots, whose texts are shorter.
    List<Cut> cut(int slots, List<Integer> prefills) {
        int[] loads = new int[count];
        int[] shares = new int[count];
        prefills.stream().sorted(Comparator.reverseOrder()).forEach(cost -> loads[least(loads)] += cost);
        int unit = slots < UNIT * count ? 1 : UNIT;
        for (int left = slots; left > 0; left -= unit) {
            int lane = least(loads);
            loads[lane] += Math.min(left, unit) * SLOT_COST;
            shares[lane] += Math.min(left, unit);
        }
        Arrays.sort(shares);
        var cuts = new ArrayList<Cut>();
        int from = 0;
        for (int share : shares) {
            if (share > 0) {
                cuts.add(new Cut(from, from + share));
                from += share;
            }
        }
        return cuts;
    }

    private static int least(int[] loads) {
        return IntStream.range(0, loads.length)
                .boxed()
                .min(Comparator.comparingInt(lane -> loads[lane]))
                .orElseThrow();
    }

    /// Decodes as the engine does when nobody prefills: `ids[i]` and `starts[i]` are slot i's.
    public void decode(ModelRunner runner, int[][] ids, int[] starts) {
        runner.reserve(ids.length);
        List<Supplier<float[][][]>> pieces = new ArrayList<>();
        for (var cut : cut(ids.length, List.of())) {
            pieces.add(() -> runner.decode(
                    cut.from(),
                    Arrays.copyOfRange(ids, cut.from(), cut.to()),
                    Arrays.copyOfRange(starts, cut.from(), cut.to())));
        }
        all(pieces);
    }
}
