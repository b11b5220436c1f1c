package tinylm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// tinylm.json: what vouches for a checkpoint. It is written last and holds the hash of every other file, and its
/// own.
///
/// Its own hash is that of its bytes with 64 zeros in the hash's place, so that no bit of it can change unseen.
///
/// @param files by name, each a plain file of the checkpoint's directory
public record Manifest(Provenance provenance, Map<String, FileRecord> files) {

    public static final String FILE = "tinylm.json";

    private static final int FORMAT_VERSION = 1;
    private static final int MOST_BYTES = 1 << 20;
    private static final String OWN_HASH = "manifestSha256";
    private static final String NO_HASH = "0".repeat(64);

    /// A file as it was written.
    ///
    /// @param size in bytes
    public record FileRecord(long size, String sha256) {
        public FileRecord {
            if (size < 0 || !Sha256.isOne(sha256)) {
                throw new IllegalArgumentException("A file needs a size of at least 0 and a SHA-256 of 64 lower-case "
                        + "hex digits, but has " + size + " and \"" + sha256 + "\"");
            }
        }
    }

    public Manifest {
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
        for (var name : files.keySet()) {
            if (!name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}") || name.equals(FILE)) {
                throw new IllegalArgumentException("\"" + name + "\" is no name for a checkpoint's file; allowed are "
                        + "letters, digits, '.', '_' and '-', without a folder");
            }
        }
    }

    public long step() {
        return provenance.step();
    }

    /// NaN when it was not measured.
    public double validationLoss() {
        return provenance.validationLoss();
    }

    byte[] bytes() {
        var json = json(provenance);
        json.set("files", Json.tree(files));
        json.put(OWN_HASH, NO_HASH);
        byte[] unsigned = Json.bytes(json);
        json.put(OWN_HASH, Sha256.of(unsigned));
        return Json.bytes(json);
    }

    static Manifest read(Path directory) {
        var file = directory.resolve(FILE);
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new CheckpointException(
                    directory, "is no checkpoint: " + FILE + ", which vouches for one, is missing.");
        }
        byte[] bytes = Json.fileBytes(file, MOST_BYTES);
        var json = Json.parse(file, bytes);
        json.mustBe("formatVersion", Json.tree(null), FORMAT_VERSION);
        checkOwnHash(json, bytes);
        try {
            return new Manifest(provenance(json), files(json.object("files")));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(file, "is refused: " + e.getMessage() + ".", e);
        } catch (DateTimeParseException e) {
            throw json.wrong("created", "an instant such as 2026-01-31T12:00:00Z");
        }
    }

    static ObjectNode json(Provenance provenance) {
        var json = Json.object();
        json.put("formatVersion", FORMAT_VERSION);
        json.put("step", provenance.step());
        loss(json, "trainLoss", provenance.trainLoss());
        json.put("trainLossSteps", provenance.trainLossSteps());
        loss(json, "validationLoss", provenance.validationLoss());
        json.put("protocol", provenance.protocol());
        json.set("trainingConfig", Json.tree(provenance.trainingConfig()));
        json.put("seed", provenance.seed());
        json.putObject("corpus")
                .put("name", provenance.corpus().name())
                .put("sha256", provenance.corpus().sha256());
        json.put("codeVersion", provenance.codeVersion());
        json.put("created", provenance.created().toString());
        return json;
    }

    private static void checkOwnHash(Json json, byte[] bytes) {
        String hash = json.text(OWN_HASH);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String unsigned =
                text.replace("\"" + OWN_HASH + "\" : \"" + hash + "\"", "\"" + OWN_HASH + "\" : \"" + NO_HASH + "\"");
        if (!Sha256.of(unsigned.getBytes(StandardCharsets.ISO_8859_1)).equals(hash)) {
            throw new CheckpointException(
                    json.file(), "was changed after it was written: its " + OWN_HASH + " is not that of its text.");
        }
    }

    private static Provenance provenance(Json json) {
        var corpus = json.object("corpus");
        return new Provenance(
                json.integer("step", 0L, Long.MAX_VALUE),
                loss(json, "trainLoss"),
                trainLossSteps(json),
                loss(json, "validationLoss"),
                json.text("protocol"),
                trainingConfig(json.object("trainingConfig")),
                json.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                new Provenance.CorpusReference(corpus.text("name"), corpus.text("sha256")),
                json.text("codeVersion"),
                Instant.parse(json.text("created")));
    }

    private static long trainLossSteps(Json json) {
        String name = "trainLossSteps"; // absent in older checkpoints
        return json.root().has(name) ? json.integer(name, 0L, Long.MAX_VALUE) : 0;
    }

    private static Map<String, Object> trainingConfig(Json json) {
        var config = new LinkedHashMap<String, Object>();
        for (var property : json.root().properties()) {
            config.put(property.getKey(), Json.value(property.getValue()));
        }
        return config;
    }

    private static Map<String, FileRecord> files(Json json) {
        var files = new LinkedHashMap<String, FileRecord>();
        for (var property : json.root().properties()) {
            var file = json.object(property.getKey());
            files.put(property.getKey(), new FileRecord(file.integer("size", 0L, Long.MAX_VALUE), file.text("sha256")));
        }
        return files;
    }

    private static void loss(ObjectNode json, String name, double loss) {
        if (Double.isNaN(loss)) {
            json.putNull(name);
        } else {
            json.put(name, loss);
        }
    }

    private static double loss(Json json, String name) {
        return json.root().path(name).isNull() ? Double.NaN : json.number(name);
    }
}
