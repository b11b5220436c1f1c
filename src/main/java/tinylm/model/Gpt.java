package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/// GPT-2: token and position embeddings, L pre-norm transformer blocks, a final layer norm, and a head that is the
/// token embedding transposed (Radford et al. 2019; weight tying: Press and Wolf 2017).
///
/// Owns its parameters; close it to free them. One thread at a time may use it.
public final class Gpt implements AutoCloseable {

    private final GptConfig config;
    private final NDManager manager;
    private final Map<String, NDArray> parameters;
    private final NDArray tokenEmbedding; // (V, E)
    private final NDArray positionEmbedding; // (C, E)
    private final TransformerBlock[] blocks;
    private final LayerNorm finalNorm;

    private Gpt(NDManager parent, GptConfig config, Parameters made) {
        this.config = config;
        this.manager = parent.newSubManager();
        this.parameters = new LinkedHashMap<>();
        ParameterShapes.of(config)
                .forEach((name, shape) -> parameters.put(name, made.make(manager, name, new Shape(shape))));
        this.tokenEmbedding = parameters.get("transformer.wte.weight");
        this.positionEmbedding = parameters.get("transformer.wpe.weight");
        this.blocks = IntStream.range(0, config.nLayer())
                .mapToObj(layer -> new TransformerBlock(layer, config, parameters))
                .toArray(TransformerBlock[]::new);
        this.finalNorm = new LayerNorm("transformer.ln_f", parameters);
    }

    private interface Parameters {
        NDArray make(NDManager manager, String name, Shape shape);
    }

    private static Gpt of(NDManager parent, GptConfig config, BiFunction<String, long[], FloatBuffer> values) {
        return new Gpt(parent, config, (manager, name, shape) -> {
            NDArray array = manager.create(shape);
            Torch.view(array).put(values.apply(name, shape.getShape()).duplicate());
            return array;
        });
    }

    /// A model of the same weights in the same memory, whose gradients are its own: for another thread.
    public Gpt sharing() {
        return new Gpt(manager, config, (own, name, _) -> {
            NDArray array = parameters.get(name).stopGradient();
            array.attach(own);
            return array;
        });
    }

    /// The logits (B, T, V) of the character after each of `ids` (B, T), int64. Whether this trains, prefills or
    /// decodes is the cache's business alone. The result belongs to the manager of `ids`.
    public NDArray forward(NDArray ids, KvCache cache, Dropout dropout) {
        return logits(stream(ids, cache, dropout, 0));
    }

    /// The logits (B, V) after the last of the new positions alone: all that generation needs.
    public NDArray forwardLast(NDArray ids, KvCache cache) {
        long last = ids.getShape().get(1) - 1;
        return logits(stream(ids, cache, Dropout.NONE, last)).squeeze(1); // (B, V)
    }

    /// The residual stream (B, T - from, E) behind the blocks, at the positions from the `from`-th new one on. The last
    /// block need not compute others; those before it must, for keys and values.
    private NDArray stream(NDArray ids, KvCache cache, Dropout dropout, long from) {
        NDArray x = embed(ids, tokenEmbedding).add(embed(cache.positions(), positionEmbedding)); // (B, T, E)
        x = dropout.apply(x);
        for (TransformerBlock block : blocks) {
            x = block.forward(x, cache, dropout, block == blocks[blocks.length - 1] ? from : 0);
        }
        return x;
    }

    private NDArray logits(NDArray x) {
        NDArray head = head(); // (E, V)
        head.attach(x.getManager());
        return finalNorm.forward(x).matMul(head); // (B, T, V)
    }

    /// A copy with its rows in order: a product with the view alone may give a row other bits beside other rows.
    private NDArray head() {
        try (NDArray view = tokenEmbedding.transpose();
                NDArray copy = view.flatten()) {
            return copy.reshape(view.getShape());
        }
    }

    private static NDArray embed(NDArray ids, NDArray table) {
        return Embedding.embedding(ids, table, SparseFormat.DENSE).singletonOrThrow();
    }

    /// A model with fresh weights: N(0, 0.02), the two projections that write to the residual stream scaled by
    /// 1/sqrt(2 L), gains 1, biases 0. A function of `seed` alone, whatever the engine.
    public static Gpt initialize(NDManager parent, GptConfig config, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double residual = 0.02 / Math.sqrt(2.0 * config.nLayer());
        return of(parent, config, (name, shape) -> {
            FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(new Shape(shape).size()));
            boolean gain = shape.length == 1 && name.endsWith(".weight");
            double deviation = shape.length == 1 ? 0 : name.endsWith("c_proj.weight") ? residual : 0.02;
            while (values.hasRemaining()) {
                values.put(gain ? 1f : deviation == 0 ? 0f : (float) (random.nextGaussian() * deviation));
            }
            return values.flip();
        });
    }

    /// A model with the given weights, by Hugging Face name, row-major, shapes as in [ParameterShapes]. Copies them.
    public static Gpt load(NDManager parent, GptConfig config, Map<String, FloatBuffer> weights) {
        return of(parent, config, (name, shape) -> {
            FloatBuffer values = weights.get(name);
            if (values == null || values.remaining() != new Shape(shape).size()) {
                throw new IllegalArgumentException(name + " must hold " + new Shape(shape).size()
                        + " values, but holds " + (values == null ? "none" : values.remaining()));
            }
            return values;
        });
    }

    public GptConfig config() {
        return config;
    }

    /// The trained arrays by Hugging Face name, in the order of [ParameterShapes]; the optimizer changes them in
    /// place.
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public void close() {
        manager.close();
    }
}
