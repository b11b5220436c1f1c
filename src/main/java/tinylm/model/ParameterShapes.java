package tinylm.model;

import java.util.LinkedHashMap;

/// Names and shapes of a model's parameters, in the order in which a token meets them.
///
/// The names and the (in, out) layout of matrices are those of Hugging Face's GPT2LMHeadModel. The output head is
/// `transformer.wte.weight` once more, so it has no entry of its own.
public final class ParameterShapes {

    private ParameterShapes() {}

    public static LinkedHashMap<String, long[]> of(GptConfig config) {
        var shapes = new LinkedHashMap<String, long[]>();
        shapes.put("transformer.wte.weight", new long[] {config.vocabSize(), config.nEmbd()});
        shapes.put("transformer.wpe.weight", new long[] {config.contextLength(), config.nEmbd()});
        for (int layer = 0; layer < config.nLayer(); layer++) {
            block(shapes, "transformer.h." + layer + ".", config.nEmbd());
        }
        layerNorm(shapes, "transformer.ln_f", config.nEmbd());
        return shapes;
    }

    private static void block(LinkedHashMap<String, long[]> shapes, String prefix, long nEmbd) {
        layerNorm(shapes, prefix + "ln_1", nEmbd);
        linear(shapes, prefix + "attn.c_attn", nEmbd, 3 * nEmbd);
        linear(shapes, prefix + "attn.c_proj", nEmbd, nEmbd);
        layerNorm(shapes, prefix + "ln_2", nEmbd);
        linear(shapes, prefix + "mlp.c_fc", nEmbd, 4 * nEmbd);
        linear(shapes, prefix + "mlp.c_proj", 4 * nEmbd, nEmbd);
    }

    private static void layerNorm(LinkedHashMap<String, long[]> shapes, String name, long width) {
        shapes.put(name + ".weight", new long[] {width});
        shapes.put(name + ".bias", new long[] {width});
    }

    private static void linear(LinkedHashMap<String, long[]> shapes, String name, long in, long out) {
        shapes.put(name + ".weight", new long[] {in, out});
        shapes.put(name + ".bias", new long[] {out});
    }
}
