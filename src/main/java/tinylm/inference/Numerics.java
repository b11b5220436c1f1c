package tinylm.inference;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import tinylm.checkpoint.Sha256;
import tinylm.model.Torch;

/// How a machine computes a model, as a short fingerprint: the bits of some prefills and decodes, together with
/// what chooses the code that computes them. Replicas may go on with each other's streams only where it is the
/// same.
final class Numerics {

    private static final int DECODES = 8;

    private Numerics() {}

    /// @param runner nobody else uses it yet; the rows that this writes are written anew before they are read
    static String of(GptRunner runner) {
        var hash = Sha256.digest();
        var code = Torch.version() + " chunk " + View.CHUNK + " kept 1/" + ContextWindow.KEPT;
        hash.update(code.getBytes(StandardCharsets.UTF_8));
        int vocabSize = runner.config().vocabSize();
        int room = runner.config().contextLength() - DECODES;
        for (int length : new int[] {1, 6, 33, View.CHUNK}) {
            int[] ids = new int[Math.clamp(length, 1, Math.max(room, 1))];
            Arrays.setAll(ids, i -> (7 * i + 3) % vocabSize);
            add(runner.prefill(0, 0, ids), hash);
            for (int i = 0; i < DECODES && ids.length + i < runner.config().contextLength(); i++) {
                int[][] next = {{(5 * i) % vocabSize}};
                add(runner.decode(0, next, new int[] {ids.length + i})[0][0], hash);
            }
        }
        return Sha256.hex(hash.digest()).substring(0, 16);
    }

    private static void add(float[] logits, MessageDigest hash) {
        var bytes = ByteBuffer.allocate(4 * logits.length);
        bytes.asFloatBuffer().put(logits);
        hash.update(bytes);
    }
}
