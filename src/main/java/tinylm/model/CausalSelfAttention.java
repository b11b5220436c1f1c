package tinylm.model;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import tinylm.model.KvCache.KeysAndValues;

/// softmax(q k' / sqrt(D) + mask) v for each head (Vaswani et al. 2017, equation 1). The cache says what k and v are:
/// those of the new positions alone while training, those of the whole sequence so far while generating.
final class CausalSelfAttention {

    private final int layer;
    private final Heads heads;
    private final Linear queryKeyValue; // E -> 3E
    private final Linear output; // E -> E
    private final NDArray scale; // 1 / sqrt(D)

    CausalSelfAttention(int layer, GptConfig config, Map<String, NDArray> parameters) {
        String prefix = "transformer.h." + layer + ".attn";
        this.layer = layer;
        this.heads = Heads.of(config);
        this.queryKeyValue = new Linear(prefix + ".c_attn", parameters);
        this.output = new Linear(prefix + ".c_proj", parameters);
        this.scale = Torch.scalar(queryKeyValue.manager(), 1 / Math.sqrt(config.headDim()));
    }

    NDArray forward(NDArray x, KvCache cache, Dropout dropout) {
        NDArray qkv = queryKeyValue.forward(x); // (B, T, 3E)
        KeysAndValues kv = cache.extend(layer, qkv); // (rows, H, D, K), (rows, H, K, D)
        NDArray q = heads.queries(first(cache.rows(), qkv)).mul(scale); // (rows, H, T, D)

        NDArray scores = q.matMul(kv.keys()).addi(cache.mask()); // (rows, H, T, K)
        NDArray attended = dropout.apply(scores.softmax(-1)).matMul(kv.values()); // (rows, H, T, D)

        NDArray joined = fillUp(heads.join(attended), x); // (B, T, E)
        return dropout.apply(output.forward(joined));
    }

    private static NDArray first(long rows, NDArray batch) {
        return rows == batch.getShape().get(0) ? batch : Torch.slice(batch, 0, 0, rows);
    }

    /// Brings a batch back to as many rows as `x` has, with rows of `x`.
    private static NDArray fillUp(NDArray batch, NDArray x) {
        long rows = batch.getShape().get(0);
        long wanted = x.getShape().get(0);
        return rows == wanted ? batch : batch.concat(Torch.slice(x, 0, rows, wanted), 0);
    }
}
