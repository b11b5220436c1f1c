package tinylm.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.model.GptConfig;
import tinylm.text.CharTokenizer;

class RefusalTest {

    private static final List<String> FILES = List.of(
            "config.json",
            "model.safetensors",
            "optimizer.safetensors",
            "tinylm.json",
            "tokenizer.json",
            "tokenizer_config.json");

    @TempDir
    Path top;

    private Path directory;

    @BeforeEach
    void save() {
        directory = Checkpoints.save(top.resolve("run"), TinyCheckpoint.contents(100, 3))
                .directory();
    }

    @Test
    void a_checkpoint_is_exactly_these_files() throws IOException {
        try (var files = Files.list(directory)) {
            assertEquals(
                    FILES,
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void every_single_bit_that_flips_is_seen() throws IOException {
        for (var name : FILES) {
            var file = directory.resolve(name);
            byte[] good = Files.readAllBytes(file);
            for (long seed = 0; seed < 150; seed++) {
                byte[] bad = good.clone();
                int bit = new Random(seed).nextInt(8 * bad.length);
                bad[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(file, bad);
                refused(name, "seed " + seed + ", bit " + bit + " of " + name);
            }
            Files.write(file, good);
        }
        assertDoesNotThrow(() -> Checkpoints.load(directory));
    }

    @Test
    void a_file_cut_off_or_added_to_is_refused() throws IOException {
        for (var name : FILES) {
            var file = directory.resolve(name);
            byte[] good = Files.readAllBytes(file);
            var random = new Random(name.hashCode());
            for (int i = 0; i < 40; i++) {
                int length = i == 0 ? 0 : i == 1 ? good.length - 1 : random.nextInt(good.length);
                Files.write(file, Arrays.copyOf(good, length));
                refused(name, name + " cut to " + length);
            }
            byte[] longer = Arrays.copyOf(good, good.length + 1);
            longer[good.length] = '\n';
            Files.write(file, longer);
            refused(name, name + " with a line more");
            Files.write(file, good);
        }
    }

    @Test
    void a_file_missing_or_renamed_is_refused_by_name() throws IOException {
        for (var name : FILES) {
            var file = directory.resolve(name);
            Files.move(file, directory.resolve("x-" + name));
            assertTrue(refused(name, name).contains("missing"));
            Files.move(directory.resolve("x-" + name), file);
        }
    }

    @Test
    void two_files_that_changed_places_are_refused() throws IOException {
        var spare = directory.resolve("spare");
        Files.move(directory.resolve("model.safetensors"), spare);
        Files.move(directory.resolve("optimizer.safetensors"), directory.resolve("model.safetensors"));
        Files.move(spare, directory.resolve("optimizer.safetensors"));
        refused("safetensors", "weights and optimizer");
    }

    @Test
    void a_link_is_refused_even_to_the_right_bytes() throws IOException {
        for (var name : FILES) {
            var elsewhere = top.resolve("elsewhere-" + name);
            Files.move(directory.resolve(name), elsewhere);
            Files.createSymbolicLink(directory.resolve(name), elsewhere);
            refused(name, name);
            Files.delete(directory.resolve(name));
            Files.move(elsewhere, directory.resolve(name));
        }
    }

    @Test
    void a_manifest_that_reaches_outside_is_refused_though_its_hash_is_right() throws IOException {
        var original = Files.readString(directory.resolve("tinylm.json"));
        Files.copy(directory.resolve("tokenizer_config.json"), directory.resolveSibling("tokenizer_config.json"));
        for (var name : List.of(
                "../tokenizer_config.json",
                "/etc/hostname",
                "..",
                ".",
                "",
                "a/b",
                "a\\\\b",
                ".hidden",
                "tinylm.json")) {
            vouch(original.replace("\"tokenizer_config.json\"", "\"" + name + "\""));
            assertTrue(refused("tinylm.json", name).contains("no name for a checkpoint's file"), name);
        }
    }

    @Test
    void a_manifest_of_the_wrong_form_is_refused_though_its_hash_is_right() throws IOException {
        var original = Files.readString(directory.resolve("tinylm.json"));
        var changes = new LinkedHashMap<String, String>();
        changes.put("\"formatVersion\" : 1", "\"formatVersion\" : 2");
        changes.put("\"step\" : 100", "\"step\" : -1");
        changes.put("\"step\" : 100,", "\"step\" : 100.5,");
        changes.put("\"validationLoss\" : 3.0", "\"validationLoss\" : \"3.0\"");
        changes.put("\"trainLoss\" : 1.25", "\"trainLoss\" : 1e999");
        changes.put("\"trainLossSteps\" : 100", "\"trainLossSteps\" : 101");
        changes.put("\"protocol\" : \"val-full-8\"", "\"protocol\" : 8");
        changes.put("\"seed\" : -7", "\"seed\" : 99999999999999999999");
        changes.put("\"created\" : \"2026", "\"created\" : \"MMXXVI");
        changes.put("\"abab", "\"ABAB");
        changes.put("\"size\" : ", "\"size\" : -");
        changes.put("\"model.safetensors\"", "\"other.safetensors\"");
        changes.put("\"step\" : 100,", "\"step\" : 100, \"step\" : 100,");
        for (var change : changes.entrySet()) {
            var changed = original.replace(change.getKey(), change.getValue());
            assertNotEquals(original, changed, change.getKey());
            vouch(changed);
            refused("", change.getValue());
        }
        vouch(original);
        assertDoesNotThrow(() -> Checkpoints.load(directory));
    }

    @Test
    void a_size_claimed_to_be_huge_is_refused_at_once() throws IOException {
        var original = Files.readString(directory.resolve("tinylm.json"));
        vouch(original.replaceFirst("\"size\" : [0-9]+", "\"size\" : " + Long.MAX_VALUE));
        assertTrue(refused("config.json", "size").contains("bytes where tinylm.json says"));
    }

    @Test
    void a_config_that_is_no_model_of_ours_is_refused_with_what_is_allowed() throws IOException {
        var original = Files.readString(directory.resolve("config.json"));
        var changes = new TreeMap<String, String>();
        changes.put("\"activation_function\" : \"gelu\"", "\"activation_function\" : \"gelu_new\"");
        changes.put("\"activation_function\" : \"gelu\",", "");
        changes.put("\"model_type\" : \"gpt2\"", "\"model_type\" : \"llama\"");
        changes.put("\"tie_word_embeddings\" : true", "\"tie_word_embeddings\" : false");
        changes.put("\"scale_attn_weights\" : true", "\"scale_attn_weights\" : false");
        changes.put("1.0E-5", "1.0E-6");
        changes.put("\"n_inner\" : null", "\"n_inner\" : 33");
        changes.put("\"n_ctx\" : 8", "\"n_ctx\" : 9");
        changes.put("\"n_head\" : 2", "\"n_head\" : 3");
        changes.put("\"n_layer\" : 2", "\"n_layer\" : 2147483647");
        changes.put("\"n_embd\" : 8", "\"n_embd\" : 8.0");
        changes.put("\"n_positions\" : 8", "\"n_positions\" : \"8\"");
        changes.put("\"vocab_size\" : 11,", "");
        changes.put("\"attn_pdrop\" : 0.1", "\"attn_pdrop\" : 0.2");
        changes.put("_pdrop\" : 0.1", "_pdrop\" : 1.0");
        for (var change : changes.entrySet()) {
            var changed = original.replace(change.getKey(), change.getValue());
            assertNotEquals(original, changed, change.getKey());
            Files.writeString(directory.resolve("config.json"), changed);
            var refusal = assertThrows(
                    CheckpointException.class, () -> Checkpoints.loadUnvouched(directory), change.getValue());
            assertTrue(refusal.getMessage().contains("config.json"), refusal.getMessage());
        }
    }

    @Test
    void a_config_as_hugging_face_itself_writes_it_is_read() throws IOException {
        Files.writeString(directory.resolve("config.json"), """
                {"activation_function": "gelu", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
                 "bos_token_id": 50256, "dtype": "float32", "embd_pdrop": 0.1, "eos_token_id": 50256,
                 "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_embd": 8, "n_head": 2,
                 "n_inner": null, "n_layer": 2, "n_positions": 8, "reorder_and_upcast_attn": false, "resid_pdrop": 0.1,
                 "scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true, "summary_activation": null,
                 "transformers_version": "4.57.0", "use_cache": true, "vocab_size": 11}
                """);
        assertEquals(TinyCheckpoint.CONFIG, Checkpoints.loadUnvouched(directory).config());
    }

    @Test
    void weights_of_another_shape_or_name_are_refused_by_name_though_every_hash_is_right() throws IOException {
        var wte = "transformer.wte.weight";
        var bias = "transformer.h.1.attn.c_proj.bias";
        var cases = Map.<String, Map<String, Tensor>>of(
                wte,
                with(wte, Tensor.of(new float[88], 8, 11)),
                bias + " of shape [4, 2]",
                with(bias, Tensor.of(new float[8], 4, 2)),
                "lacks 1 tensors",
                without(bias),
                "lm_head.weight",
                with("lm_head.weight", Tensor.of(new float[88], 11, 8)));
        for (var one : cases.entrySet()) {
            var file = directory.resolve("model.safetensors");
            Files.delete(file);
            SafeTensors.write(file, one.getValue(), Map.of("format", "pt"));
            vouchForFiles();
            assertTrue(refused("model.safetensors", one.getKey()).contains(one.getKey()), one.getKey());
        }
    }

    @Test
    void a_tokenizer_of_another_size_is_refused_though_every_hash_is_right() throws IOException {
        Files.write(directory.resolve("tokenizer.json"), TokenizerJson.bytes(CharTokenizer.of("only these")));
        vouchForFiles();
        assertTrue(refused("tokenizer.json", "tokenizer").contains("vocab_size 11"));
    }

    @Test
    void weights_changed_between_loading_and_reading_are_refused() throws IOException {
        var checkpoint = Checkpoints.load(directory);
        for (var name : List.of("model.safetensors", "optimizer.safetensors")) {
            byte[] bytes = Files.readAllBytes(directory.resolve(name));
            bytes[bytes.length - 1] ^= 64;
            Files.write(directory.resolve(name), bytes);
        }
        assertTrue(assertThrows(CheckpointException.class, checkpoint::weights)
                .getMessage()
                .contains("changed"));
        assertTrue(assertThrows(CheckpointException.class, checkpoint::optimizer)
                .getMessage()
                .contains("changed"));
    }

    @Test
    void contents_that_do_not_belong_together_never_reach_the_disk() {
        var good = TinyCheckpoint.contents(1, 1);
        assertThrows(IllegalArgumentException.class, () -> contents(good.config(), without("transformer.wpe.weight")));
        assertThrows(
                IllegalArgumentException.class,
                () -> contents(good.config(), with("transformer.wpe.weight", Tensor.of(new float[8], 8))));
        assertThrows(
                IllegalArgumentException.class, () -> contents(good.config().withVocabSize(12), good.weights()));
    }

    private static CheckpointContents contents(GptConfig config, Map<String, Tensor> weights) {
        return new CheckpointContents(
                config, TinyCheckpoint.TOKENIZER, weights, Map.of(), TinyCheckpoint.provenance(1, 1));
    }

    private static Map<String, Tensor> with(String name, Tensor tensor) {
        var weights = TinyCheckpoint.weights(1);
        weights.put(name, tensor);
        return weights;
    }

    private static Map<String, Tensor> without(String name) {
        var weights = TinyCheckpoint.weights(1);
        weights.remove(name);
        return weights;
    }

    /// A manifest whose own hash is right, whatever it says.
    private void vouch(String manifest) throws IOException {
        var unsigned = manifest.replaceAll("(\"manifestSha256\" : \")[0-9a-f]{64}", "$1" + "0".repeat(64));
        Files.writeString(
                directory.resolve("tinylm.json"),
                unsigned.replace("\"" + "0".repeat(64), "\"" + Sha256.of(unsigned.getBytes(UTF_8))));
    }

    private void vouchForFiles() throws IOException {
        var files = new LinkedHashMap<String, Manifest.FileRecord>();
        for (var name : FILES) {
            if (!name.equals("tinylm.json")) {
                var file = directory.resolve(name);
                files.put(name, new Manifest.FileRecord(Files.size(file), Sha256.of(file)));
            }
        }
        Files.write(directory.resolve("tinylm.json"), new Manifest(TinyCheckpoint.provenance(100, 3), files).bytes());
    }

    private String refused(String named, String message) {
        var refusal = assertThrows(CheckpointException.class, () -> Checkpoints.load(directory), message);
        assertTrue(refusal.getMessage().contains(named), message + ": " + refusal.getMessage());
        return refusal.getMessage();
    }
}
