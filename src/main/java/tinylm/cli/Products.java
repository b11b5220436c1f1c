package tinylm.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tinylm.model.GptConfig;
import tinylm.model.SlotCache;
import tinylm.model.Torch;

/// The matrix products of a decode and nothing else, over keys and values of its size: the time that would be left if
/// all that is around them cost nothing.
final class Products implements AutoCloseable {

    private static final int BATCH = 4; // rows of a batch are a multiple of this

    private final NDManager manager;
    private final List<List<Product>> lanes = new ArrayList<>();

    private record Product(NDArray left, NDArray right) {}

    /// @param streams shared out to the threads
    /// @param width new positions of each stream
    Products(NDManager parent, GptConfig config, int threads, int streams, int width, int context) {
        manager = parent.newSubManager();
        for (int lane = 0; lane < Math.min(threads, streams); lane++) {
            lanes.add(products(config, Math.ceilDiv(streams, threads), width, context));
        }
    }

    private List<Product> products(GptConfig config, int slots, long width, int context) {
        long rows = Math.ceilDiv(slots * width, BATCH) * BATCH;
        long e = config.nEmbd();
        long heads = config.nHead();
        long d = config.headDim();
        var products = new ArrayList<Product>();
        for (int layer = 0; layer < config.nLayer(); layer++) {
            products.add(product(new Shape(rows, 1, e), new Shape(e, 3 * e)));
            Shape block = SlotCache.block(config, slots);
            for (int seen = 0; seen < context; seen += (int) block.get(3)) {
                products.add(product(new Shape(slots, heads, width, d), block));
            }
            products.add(product(new Shape(slots, heads, width, context), new Shape(slots, heads, context, d)));
            products.add(product(new Shape(rows, 1, e), new Shape(e, e)));
            products.add(product(new Shape(rows, 1, e), new Shape(e, 4 * e)));
            products.add(product(new Shape(rows, 1, 4 * e), new Shape(4 * e, e)));
        }
        products.add(product(new Shape(rows, 1, e), new Shape(e, config.vocabSize())));
        return products;
    }

    private Product product(Shape left, Shape right) {
        return new Product(manager.ones(left), manager.ones(right));
    }

    void run() {
        var others = lanes.stream()
                .skip(1)
                .map(lane -> CompletableFuture.runAsync(() -> multiply(lane)))
                .toList();
        multiply(lanes.getFirst());
        others.forEach(CompletableFuture::join);
    }

    private static void multiply(List<Product> lane) {
        Torch.recordNoGradients();
        Torch.useThreads(1);
        lane.forEach(product -> product.left.matMul(product.right).close());
    }

    @Override
    public void close() {
        manager.close();
    }
}
