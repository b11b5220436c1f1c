package tinylm.checkpoint;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tinylm.model.Gpt;
import tinylm.model.GptConfig;
import tinylm.model.ParameterShapes;
import tinylm.text.CharTokenizer;

/// A model at rest that was checked: a Hugging Face GPT-2 directory.
///
/// @param directory its real place, so that a link which moves on changes nothing here
/// @param manifest what vouches for it; empty for a directory of other origin
/// @param sha256 of model.safetensors
public record Checkpoint(
        Path directory, GptConfig config, CharTokenizer tokenizer, Optional<Manifest> manifest, String sha256) {

    static final String WEIGHTS_FILE = "model.safetensors";
    static final String OPTIMIZER_FILE = "optimizer.safetensors";

    /// Reads a directory that tinylm wrote: every hash is verified and every name and shape compared with the config.
    ///
    /// @throws CheckpointException when anything is not as it was written
    static Checkpoint read(Path directory) {
        var real = real(directory);
        var manifest = Manifest.read(real);
        for (var name : List.of(WEIGHTS_FILE, ConfigJson.FILE, TokenizerJson.FILE)) {
            if (!manifest.files().containsKey(name)) {
                throw new CheckpointException(real.resolve(Manifest.FILE), "does not list " + name + ".");
            }
        }
        manifest.files().forEach((name, record) -> verify(real.resolve(name), record));
        return checked(
                real, Optional.of(manifest), manifest.files().get(WEIGHTS_FILE).sha256());
    }

    /// Reads any Hugging Face GPT-2 directory of tinylm's shape; nothing vouches for what is in it.
    ///
    /// @throws CheckpointException when it is not such a directory
    static Checkpoint readUnvouched(Path directory) {
        var real = real(directory);
        var weights = real.resolve(WEIGHTS_FILE);
        SafeTensors.readHeader(weights);
        try {
            return checked(real, Optional.empty(), Sha256.of(weights));
        } catch (IOException e) {
            throw new CheckpointException(weights, "cannot be read: " + CheckpointException.reason(e) + ".", e);
        }
    }

    /// The weights, read anew and compared with the hash once more; in memory of their own.
    ///
    /// @throws CheckpointException when the file is gone or was changed since
    public Map<String, Tensor> weights() {
        return SafeTensors.read(directory.resolve(WEIGHTS_FILE), sha256);
    }

    /// The optimizer's state; empty when the checkpoint has none.
    ///
    /// @throws CheckpointException when the file is gone or was changed since
    public Map<String, Tensor> optimizer() {
        return manifest.map(Manifest::files)
                .map(files -> files.get(OPTIMIZER_FILE))
                .<Map<String, Tensor>>map(file -> SafeTensors.read(directory.resolve(OPTIMIZER_FILE), file.sha256()))
                .orElse(Map.of());
    }

    /// The model, its weights read anew and verified; the caller closes it.
    ///
    /// @throws CheckpointException when the file is gone or was changed since
    public Gpt model(NDManager parent) {
        Map<String, FloatBuffer> values = new LinkedHashMap<>();
        weights().forEach((name, tensor) -> values.put(name, tensor.data()));
        return Gpt.load(parent, config, values);
    }

    private static Checkpoint checked(Path directory, Optional<Manifest> manifest, String sha256) {
        var config = ConfigJson.read(directory);
        checkNamesAndShapes(directory.resolve(WEIGHTS_FILE), config);
        var tokenizer = TokenizerJson.read(directory);
        if (tokenizer.vocabSize() != config.vocabSize()) {
            throw new CheckpointException(
                    directory.resolve(TokenizerJson.FILE),
                    "has " + tokenizer.vocabSize() + " characters where config.json has vocab_size "
                            + config.vocabSize() + ".");
        }
        return new Checkpoint(directory, config, tokenizer, manifest, sha256);
    }

    private static void checkNamesAndShapes(Path weights, GptConfig config) {
        var shapes = ParameterShapes.of(config);
        var missing = new HashSet<>(shapes.keySet());
        for (var entry : SafeTensors.readHeader(weights)) {
            long[] shape = shapes.get(entry.name());
            if (shape == null) {
                throw new CheckpointException(
                        weights, "has a tensor " + entry.name() + " that the model of config.json has not.");
            }
            if (!Arrays.equals(shape, entry.shape())) {
                throw new CheckpointException(
                        weights,
                        "has tensor " + entry.name() + " of shape " + Arrays.toString(entry.shape())
                                + " where config.json asks for " + Arrays.toString(shape) + ".");
            }
            missing.remove(entry.name());
        }
        if (!missing.isEmpty()) {
            String first = shapes.keySet().stream()
                    .filter(missing::contains)
                    .findFirst()
                    .orElseThrow();
            throw new CheckpointException(
                    weights, "lacks " + missing.size() + " tensors of the model of config.json, first " + first + ".");
        }
    }

    private static void verify(Path file, Manifest.FileRecord expected) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new CheckpointException(file, "is missing, or is not a regular file, though tinylm.json lists it.");
        }
        try {
            if (Files.size(file) != expected.size()) {
                throw new CheckpointException(
                        file, "has " + Files.size(file) + " bytes where tinylm.json says " + expected.size() + ".");
            }
            if (!Sha256.of(file).equals(expected.sha256())) {
                throw new CheckpointException(file, "was changed: its SHA-256 is not the one in tinylm.json.");
            }
        } catch (IOException e) {
            throw new CheckpointException(file, "cannot be read: " + CheckpointException.reason(e) + ".", e);
        }
    }

    private static Path real(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new CheckpointException(directory, "is not a directory; a checkpoint is one.");
        }
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            throw new CheckpointException(directory, "cannot be reached: " + CheckpointException.reason(e) + ".", e);
        }
    }
}
