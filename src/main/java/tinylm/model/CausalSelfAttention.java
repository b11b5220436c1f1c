package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/// softmax(q k' / sqrt(D) + mask) v for each head (Vaswani et al. 2017, equation 1). The cache says what k and v are:
/// those of the new positions alone while training, those of the whole sequence so far while generating.
final class CausalSelfAttention {

    private final int layer;
    private final int nHead;
    private final int headDim;
    private final Linear queryKeyValue; // E -> 3E
    private final Linear output; // E -> E
    private final NDArray scale; // 1 / sqrt(D)

    CausalSelfAttention(int layer, GptConfig config, Map<String, NDArray> parameters) {
        String prefix = "transformer.h." + layer + ".attn";
        this.layer = layer;
        this.nHead = config.nHead();
        this.headDim = config.headDim();
        this.queryKeyValue = new Linear(prefix + ".c_attn", parameters);
        this.output = new Linear(prefix + ".c_proj", parameters);
        this.scale = Torch.scalar(queryKeyValue.manager(), 1 / Math.sqrt(headDim));
    }

    NDArray forward(NDArray x, KvCache cache, Dropout dropout) {
        NDList qkv = queryKeyValue.forward(x).split(3, 2); // 3 x (B, T, E)
        NDArray q = heads(qkv.get(0)).mul(scale); // (B, H, T, D)
        NDArray k = cache.keys(layer, heads(qkv.get(1))); // (B, H, K, D)
        NDArray v = cache.values(layer, heads(qkv.get(2))); // (B, H, K, D)

        NDArray scores = q.matMul(k.transpose(0, 1, 3, 2)).addi(cache.mask()); // (B, H, T, K)
        NDArray attended = dropout.apply(scores.softmax(-1)).matMul(v); // (B, H, T, D)

        NDArray joined = attended.transpose(0, 2, 1, 3).reshape(x.getShape()); // (B, T, E)
        return dropout.apply(output.forward(joined));
    }

    private NDArray heads(NDArray x) {
        Shape shape = x.getShape();
        return x.reshape(shape.get(0), shape.get(1), nHead, headDim).transpose(0, 2, 1, 3); // (B, H, T, D)
    }
}
