package tinylm.checkpoint;

import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import tinylm.text.CharTokenizer;

/// A character tokenizer as Hugging Face's tokenizers library reads it: byte-pair encoding without a single pair.
///
/// Such a model takes a text apart into its code points and puts nothing together again. `Fuse` joins decoded tokens
/// without spaces between them.
final class TokenizerJson {

    static final String FILE = "tokenizer.json";
    static final String CONFIG_FILE = "tokenizer_config.json";

    private static final int MOST_BYTES = 32 << 20;

    private TokenizerJson() {}

    static byte[] bytes(CharTokenizer tokenizer) {
        var json = Json.object();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        json.putArray("added_tokens");
        json.putNull("normalizer");
        json.putNull("pre_tokenizer");
        json.putNull("post_processor");
        json.putObject("decoder").put("type", "Fuse");
        var model = json.putObject("model");
        model.put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", false);
        var vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokenizer.vocabSize(); id++) {
            vocabulary.put(tokenizer.decode(id), id);
        }
        model.putArray("merges");
        return Json.bytes(json);
    }

    /// What transformers' AutoTokenizer needs beside tokenizer.json; without the last line it would tidy up spaces.
    static byte[] configBytes(int contextLength) {
        var json = Json.object();
        json.put("tokenizer_class", "PreTrainedTokenizerFast");
        json.put("model_max_length", contextLength);
        json.put("clean_up_tokenization_spaces", false);
        return Json.bytes(json);
    }

    static CharTokenizer read(Path directory) {
        var json = Json.read(directory.resolve(FILE), MOST_BYTES);
        var nothing = NullNode.getInstance();
        for (var key : new String[] {"truncation", "padding", "normalizer", "pre_tokenizer", "post_processor"}) {
            json.mustBe(key, nothing, (Object) null);
        }
        json.mustBe("added_tokens", Json.tree(new int[0]), new int[0]);
        json.mustBe("decoder", nothing, Map.of("type", "Fuse"));
        var model = json.object("model");
        model.mustBe("type", nothing, "BPE");
        model.mustBe("merges", nothing, new int[0]);
        for (var key : new String[] {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"}) {
            model.mustBe(key, nothing, (Object) null);
        }
        for (var key : new String[] {"fuse_unk", "byte_fallback", "ignore_merges"}) {
            model.mustBe(key, Json.tree(false), false);
        }
        return tokenizer(model.object("vocab"));
    }

    private static CharTokenizer tokenizer(Json vocabulary) {
        var codePoints = new int[vocabulary.root().size()];
        Arrays.fill(codePoints, -1);
        for (var token : vocabulary.root().properties()) {
            String text = token.getKey();
            if (text.isEmpty() || text.codePointCount(0, text.length()) != 1) {
                throw new CheckpointException(
                        vocabulary.file(), "has the token \"" + text + "\"; only single characters are allowed.");
            }
            int id = vocabulary.integer(text, 0, codePoints.length - 1);
            if (codePoints[id] >= 0) {
                throw new CheckpointException(
                        vocabulary.file(), "gives the id " + id + " to two characters; each has one of its own.");
            }
            codePoints[id] = text.codePointAt(0);
        }
        try {
            return new CharTokenizer(codePoints);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(vocabulary.file(), "is no tokenizer: " + e.getMessage() + ".", e);
        }
    }
}
