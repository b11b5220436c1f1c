package tinylm.model;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/// One pre-norm block: x + attention(norm(x)), then x + mlp(norm(x)).
final class TransformerBlock {

    private final LayerNorm attentionNorm;
    private final CausalSelfAttention attention;
    private final LayerNorm mlpNorm;
    private final Mlp mlp;

    TransformerBlock(int layer, GptConfig config, Map<String, NDArray> parameters) {
        String prefix = "transformer.h." + layer;
        attentionNorm = new LayerNorm(prefix + ".ln_1", parameters);
        attention = new CausalSelfAttention(layer, config, parameters);
        mlpNorm = new LayerNorm(prefix + ".ln_2", parameters);
        mlp = new Mlp(prefix + ".mlp", parameters);
    }

    /// From (B, T, E) to (B, T - from, E), without the first `from` positions; their keys and values enter the cache.
    NDArray forward(NDArray x, KvCache cache, Dropout dropout, long from) {
        NDArray attended = attention.forward(attentionNorm.forward(x), cache, dropout, from);
        x = Torch.from(x, 1, from).add(attended);
        return x.add(mlp.forward(mlpNorm.forward(x), dropout));
    }
}
