package tinylm.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256 as checkpoints write it: 64 lower-case hex digits.
public final class Sha256 {

    private static final int CHUNK_BYTES = 1 << 16;

    private Sha256() {}

    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    static String of(byte[] bytes) {
        return hex(digest().digest(bytes));
    }

    static String of(Path file) throws IOException {
        var digest = digest();
        var chunk = ByteBuffer.allocate(CHUNK_BYTES);
        try (var channel = FileChannel.open(file)) {
            while (channel.read(chunk.clear()) >= 0) {
                digest.update(chunk.flip());
            }
        }
        return hex(digest.digest());
    }

    public static String hex(byte[] hash) {
        return HexFormat.of().formatHex(hash);
    }

    static boolean isOne(String text) {
        return text.matches("[0-9a-f]{64}");
    }
}
