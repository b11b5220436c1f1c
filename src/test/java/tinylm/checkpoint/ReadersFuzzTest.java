package tinylm.checkpoint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tinylm.fuzz.Fuzz;
import tinylm.model.GptConfig;
import tinylm.text.CharTokenizer;

/// Checkpoints come from strangers: whatever is in their files, they are read or refused with a sentence.
class ReadersFuzzTest {

    @TempDir
    private Path folder;

    private final CheckpointContents contents = TinyCheckpoint.contents(7, 1.5);
    private Path saved;

    @BeforeEach
    void save() {
        saved = Checkpoints.save(folder.resolve("run"), contents).directory();
    }

    @Test
    void safetensors_are_read_or_refused() throws Exception {
        var small = folder.resolve("small");
        SafeTensors.write(small, Map.of("a", Tensor.of(new float[] {1, 2}, 2)), Map.of("format", "pt"));
        var valid = List.of(saved(Checkpoint.WEIGHTS_FILE), Files.readAllBytes(small), Files.readAllBytes(small));
        Fuzz.run("safetensors", valid, new Fuzz.Cap(1_000_000, 60), input -> {
            var file = write("fuzzed.safetensors", input);
            refusedOr(() -> SafeTensors.readHeader(file));
            refusedOr(() -> SafeTensors.read(file));
        });
    }

    @Test
    void tokenizers_are_read_or_refused() throws Exception {
        var valid = List.of(
                saved(TokenizerJson.FILE),
                TokenizerJson.bytes(CharTokenizer.of("ab")),
                TokenizerJson.bytes(CharTokenizer.of("a\u0000\u20ac\uffff\ud83c\udf0a")));
        Fuzz.run("tokenizer.json", valid, new Fuzz.Cap(1_000_000, 60), input -> {
            write(TokenizerJson.FILE, input);
            refusedOr(() -> TokenizerJson.read(folder));
        });
    }

    @Test
    void configurations_are_read_or_refused() throws Exception {
        var valid = List.of(saved(ConfigJson.FILE), ConfigJson.bytes(GptConfig.DEFAULT));
        Fuzz.run("config.json", valid, new Fuzz.Cap(1_000_000, 60), input -> {
            write(ConfigJson.FILE, input);
            refusedOr(() -> ConfigJson.read(folder));
        });
    }

    @Test
    void manifests_are_read_or_refused_be_their_own_hash_right_or_wrong() throws Exception {
        var valid = List.of(saved(Manifest.FILE));
        Fuzz.run("tinylm.json", valid, new Fuzz.Cap(1_000_000, 60), input -> {
            write(Manifest.FILE, input);
            refusedOr(() -> Manifest.read(folder));
            write(Manifest.FILE, rehashed(input));
            refusedOr(() -> Manifest.read(folder));
        });
    }

    private static void refusedOr(Runnable reading) {
        try {
            reading.run();
        } catch (CheckpointException refused) {
            // a sentence, as it should be
        }
    }

    /// Over what is there: a file that is emptied first is forced to the disk by some systems, a million times.
    private Path write(String name, byte[] bytes) throws IOException {
        var file = folder.resolve(name);
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes));
            channel.truncate(bytes.length);
        }
        return file;
    }

    private byte[] saved(String name) throws IOException {
        return Files.readAllBytes(saved.resolve(name));
    }

    /// With the hash that this text has, so that its other fields are looked at.
    private static byte[] rehashed(byte[] json) {
        var text = new String(json, ISO_8859_1);
        int hash = text.lastIndexOf("\"manifestSha256\" : \"") + 20;
        if (hash < 20 || hash + 64 > text.length()) {
            return json;
        }
        var before = text.substring(0, hash);
        var behind = text.substring(hash + 64);
        return (before + Sha256.of((before + "0".repeat(64) + behind).getBytes(ISO_8859_1)) + behind)
                .getBytes(ISO_8859_1);
    }
}
