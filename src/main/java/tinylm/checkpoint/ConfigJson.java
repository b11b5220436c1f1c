package tinylm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import tinylm.model.GptConfig;

/// A model's shape as Hugging Face's GPT2Config writes it.
///
/// Where a key is absent, GPT2Config's own default counts. What tinylm's model cannot be is refused.
final class ConfigJson {

    static final String FILE = "config.json";

    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_LAYERS = 1_000;
    private static final int MOST_WIDTH = 1 << 20;

    private ConfigJson() {}

    static byte[] bytes(GptConfig config) {
        var json = Json.object();
        json.put("model_type", "gpt2");
        json.putArray("architectures").add("GPT2LMHeadModel");
        json.put("vocab_size", config.vocabSize());
        json.put("n_positions", config.contextLength());
        json.put("n_ctx", config.contextLength());
        json.put("n_embd", config.nEmbd());
        json.put("n_layer", config.nLayer());
        json.put("n_head", config.nHead());
        json.putNull("n_inner");
        json.put("activation_function", "gelu");
        json.put("layer_norm_epsilon", 1e-5);
        json.put("initializer_range", 0.02);
        json.put("resid_pdrop", config.dropout());
        json.put("embd_pdrop", config.dropout());
        json.put("attn_pdrop", config.dropout());
        json.put("tie_word_embeddings", true);
        json.put("scale_attn_weights", true);
        json.put("use_cache", true);
        json.putNull("bos_token_id");
        json.putNull("eos_token_id");
        json.put("torch_dtype", "float32");
        return Json.bytes(json);
    }

    static GptConfig read(Path directory) {
        return config(Json.read(directory.resolve(FILE), MOST_BYTES));
    }

    private static GptConfig config(Json json) {
        json.mustBe("model_type", NullNode.getInstance(), "gpt2");
        json.mustBe("activation_function", new TextNode("gelu_new"), "gelu");
        json.mustBe("layer_norm_epsilon", new DoubleNode(1e-5), 1e-5);
        json.mustBe("tie_word_embeddings", BooleanNode.TRUE, true);
        json.mustBe("scale_attn_weights", BooleanNode.TRUE, true);
        json.mustBe("scale_attn_by_inverse_layer_idx", BooleanNode.FALSE, false);
        json.mustBe("add_cross_attention", BooleanNode.FALSE, false);
        int contextLength = json.integer("n_positions", 2, MOST_WIDTH);
        int nEmbd = json.integer("n_embd", 1, MOST_WIDTH);
        json.mustBe("n_ctx", Json.tree(contextLength), contextLength);
        json.mustBe("n_inner", NullNode.getInstance(), null, 4L * nEmbd);
        JsonNode usual = new DoubleNode(0.1);
        double dropout = json.root().has("resid_pdrop") ? json.number("resid_pdrop") : usual.doubleValue();
        json.mustBe("embd_pdrop", usual, dropout);
        json.mustBe("attn_pdrop", usual, dropout);
        try {
            return new GptConfig(
                    json.integer("vocab_size", 1, Character.MAX_CODE_POINT + 1),
                    contextLength,
                    json.integer("n_layer", 1, MOST_LAYERS),
                    json.integer("n_head", 1, nEmbd),
                    nEmbd,
                    dropout);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(json.file(), "is no model: " + e.getMessage() + ".", e);
        }
    }
}
