package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import tinylm.model.Dropout;
import tinylm.model.DropoutMasks;
import tinylm.model.FullSequence;
import tinylm.model.Gpt;
import tinylm.model.Torch;
import tinylm.training.Batches.Batch;

/// The loss of a batch and its gradients. A batch is worked on in micro-batches, whose activations stay in the
/// processor's cache and in memory that malloc keeps. Each thread takes every n-th of them and adds up gradients of its
/// own; those of the threads are added in order at the end, so the bits depend on how many threads there are and on
/// nothing else. Owned by the training thread.
final class GradientStep implements AutoCloseable {

    /// Of a micro-batch.
    private static final int CHARACTERS = 2048;

    private final int threads;
    private final List<Lane> lanes = new ArrayList<>();
    private final ExecutorService others;

    /// What a thread works with.
    private record Lane(Gpt model, Masks masks) {}

    /// For as many threads as the engine may use now.
    GradientStep(Gpt model, long seed) {
        threads = Torch.threads();
        for (int lane = 0; lane < threads; lane++) {
            var own = lane == 0 ? model : model.sharing();
            double dropout = model.config().dropout();
            own.parameters().values().forEach(parameter -> parameter.setRequiresGradient(true));
            lanes.add(new Lane(own, dropout == 0 ? new NoMasks() : new DrawnMasks(new DropoutMasks(dropout, seed))));
        }
        others = Executors.newFixedThreadPool(
                Math.max(1, threads - 1),
                Thread.ofPlatform().daemon().name("gradients-", 1).factory());
    }

    /// @param loss mean over the batch in nats per character
    /// @param gradients by parameter name, of that mean, in arrays of the step's manager
    record Result(double loss, Map<String, NDArray> gradients) {}

    /// Lets every parameter own a gradient of final layout before the first step, so that the first step of a resumed
    /// run adds to it as any other does.
    void warmUp(NDManager manager) {
        try (NDManager work = manager.newSubManager()) {
            lanes.forEach(lane -> {
                Torch.useThreads(1);
                accumulate(lane, work, new Batch(1, 1, 0, new long[1], new long[1]), 1, Dropout.NONE);
            });
        } finally {
            Torch.useThreads(threads);
        }
    }

    /// Empty when `stop` said so on the way; nothing has changed then.
    Optional<Result> compute(NDManager step, Batch batch, long number, BooleanSupplier stop) {
        int rows = Math.max(1, Math.min(CHARACTERS / batch.length(), Math.ceilDiv(batch.rows(), threads)));
        double[] losses = new double[Math.ceilDiv(batch.rows(), rows)];
        var isStopped = new AtomicBoolean();
        List<Runnable> works = new ArrayList<>();
        for (int first = 0; first < threads; first++) {
            int lane = first;
            works.add(() -> {
                var own = lanes.get(lane);
                Torch.useThreads(1);
                own.model().parameters().values().forEach(Torch::zeroGradient);
                for (int part = lane; part < losses.length; part += threads) {
                    if (lane == 0 && stop.getAsBoolean()) {
                        isStopped.set(true);
                    }
                    if (isStopped.get()) {
                        return;
                    }
                    var some = batch.rows(part * rows, Math.min(batch.rows(), (part + 1) * rows));
                    double share = some.rows() / (double) batch.rows();
                    losses[part] = share
                            * accumulate(own, step, some, share, own.masks().of(number, part));
                }
            });
        }
        try {
            var rest = works.subList(1, works.size()).stream()
                    .map(work -> CompletableFuture.runAsync(work, others))
                    .toList();
            try {
                works.getFirst().run();
            } finally {
                CompletableFuture.allOf(rest.toArray(CompletableFuture[]::new))
                        .exceptionally(_ -> null)
                        .join(); // they use the step's memory
            }
            rest.forEach(CompletableFuture::join);
        } finally {
            Torch.useThreads(threads);
        }
        if (isStopped.get()) {
            return Optional.empty();
        }
        Map<String, NDArray> gradients = new LinkedHashMap<>();
        lanes.getFirst().model().parameters().keySet().forEach(name -> {
            NDArray sum = gradient(lanes.getFirst(), name, step);
            lanes.stream().limit(losses.length).skip(1).forEach(lane -> sum.addi(gradient(lane, name, step)));
            gradients.put(name, sum);
        });
        return Optional.of(new Result(Arrays.stream(losses).sum(), gradients));
    }

    private static NDArray gradient(Lane lane, String name, NDManager step) {
        NDArray gradient = lane.model().parameters().get(name).getGradient();
        gradient.attach(step);
        return gradient;
    }

    private static double accumulate(Lane lane, NDManager step, Batch batch, double share, Dropout dropout) {
        try (NDManager part = step.newSubManager()) {
            Torch.recordGradients();
            NDArray ids = part.create(batch.inputs(), new Shape(batch.rows(), batch.length())); // (B, T)
            FullSequence sequence =
                    FullSequence.of(part, lane.model().config(), batch.positionOffset(), batch.length());
            NDArray logits = lane.model().forward(ids, sequence, dropout); // (B, T, V)
            NDArray loss = Loss.negativeLogLikelihoods(logits, part.create(batch.targets()))
                    .mean();
            Torch.backward(loss.mul(Torch.scalar(part, share)));
            return loss.getFloat();
        } finally {
            Torch.recordNoGradients();
        }
    }

    @Override
    public void close() {
        others.shutdown();
    }

    private interface Masks {
        Dropout of(long step, int part);
    }

    private record NoMasks() implements Masks {
        @Override
        public Dropout of(long step, int part) {
            return Dropout.NONE;
        }
    }

    private record DrawnMasks(DropoutMasks masks) implements Masks {
        @Override
        public Dropout of(long step, int part) {
            masks.begin(step, part);
            return masks;
        }
    }
}
