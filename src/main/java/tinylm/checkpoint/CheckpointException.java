package tinylm.checkpoint;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// A checkpoint is refused or cannot be saved; the message names the file, what is wrong and what is allowed.
public final class CheckpointException extends RuntimeException {

    CheckpointException(String message) {
        super(message);
    }

    CheckpointException(Path file, String wrong) {
        super(file + " " + wrong);
    }

    CheckpointException(Path file, String wrong, Throwable cause) {
        super(file + " " + wrong, cause);
    }

    /// The system's reason in words, for its exceptions often carry a file's name alone.
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no " + missing.getFile();
            case AccessDeniedException denied -> "there is no permission for " + denied.getFile();
            default -> String.valueOf(e.getMessage());
        };
    }
}
