package tinylm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import tinylm.model.KvCache.QueriesKeysValues;

/// softmax(q k' / sqrt(D) + mask) v for each head (Vaswani et al. 2017, equation 1). The cache says what k and v are:
/// those of the new positions alone while training, those of the whole sequence so far while generating.
final class CausalSelfAttention {

    private static final long BLOCK = 128; // queries

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

    /// From (B, T, E) to (B, T - from, E), without the queries of the first `from` positions.
    NDArray forward(NDArray x, KvCache cache, Dropout dropout, long from) {
        QueriesKeysValues all = cache.extend(layer, queryKeyValue.forward(x));
        NDArray q = Torch.from(all.queries(), 2, from).mul(scale); // (rows, H, T - from, D)
        NDArray mask = Torch.from(cache.mask(), -2, from);
        NDArray attended = attend(q, all.keys(), all.values(), mask, dropout);
        NDArray joined = fillUp(heads.join(attended), Torch.from(x, 1, from)); // (B, T - from, E)
        return dropout.apply(output.forward(joined));
    }

    /// A long sequence's queries are worked on in blocks, each over the keys up to its own end: those behind it are
    /// masked anyway. Of 256 positions that leaves out a quarter of the scores.
    private static NDArray attend(NDArray q, List<NDArray> keys, NDArray values, NDArray mask, Dropout dropout) {
        long length = q.getShape().get(2);
        long count = values.getShape().get(2);
        if (length <= BLOCK || length != count) {
            NDArray scores = Heads.scores(q, keys, count).addi(mask); // (rows, H, T, K)
            return dropout.apply(scores.softmax(-1)).matMul(values); // (rows, H, T, D)
        }
        NDList attended = new NDList();
        for (NDArray block : q.split(
                LongStream.iterate(BLOCK, from -> from < length, from -> from + BLOCK)
                        .toArray(),
                2)) {
            long from = BLOCK * attended.size();
            long to = from + block.getShape().get(2);
            NDArray seen = Torch.slice(Torch.slice(mask, 0, from, to), 1, 0, to);
            List<NDArray> seenKeys = List.of(Torch.first(keys.getFirst(), 3, to)); // new ones are in one block
            attended.add(attend(block, seenKeys, Torch.first(values, 2, to), seen, dropout));
        }
        return NDArrays.concat(attended, 2);
    }

    /// Brings a batch back to as many rows as `x` has, with rows of `x`.
    private static NDArray fillUp(NDArray batch, NDArray x) {
        long rows = batch.getShape().get(0);
        long wanted = x.getShape().get(0);
        return rows == wanted ? batch : batch.concat(Torch.slice(x, 0, rows, wanted), 0);
    }
}
