package tinylm.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;

/// Writes one checkpoint's directory aside, complete and forced to the disk; and takes directories away again.
///
/// A hidden name ending in `.tmp` marks what is not finished, or no longer wanted. Such a name carries the process
/// that made it, and is rubbish when that process is dead.
record CheckpointWriter(FileOperations disk) {

    private static final Map<String, String> METADATA = Map.of("format", "pt");
    private static final String ASIDE = ".tmp";

    /// A hidden place beside the final one, on the same file system, so that a rename can be atomic.
    static Path aside(Path place, String why) {
        return place.resolveSibling("." + place.getFileName() + "." + why + "-"
                + ProcessHandle.current().pid() + ASIDE);
    }

    /// Writes everything, tinylm.json last.
    Manifest write(Path directory, CheckpointContents contents) throws IOException {
        disk.createDirectories(directory);
        var files = new LinkedHashMap<String, Manifest.FileRecord>();
        add(files, directory, ConfigJson.FILE, ConfigJson.bytes(contents.config()));
        add(files, directory, TokenizerJson.FILE, TokenizerJson.bytes(contents.tokenizer()));
        add(
                files,
                directory,
                TokenizerJson.CONFIG_FILE,
                TokenizerJson.configBytes(contents.config().contextLength()));
        add(files, directory, Checkpoint.WEIGHTS_FILE, contents.weights());
        if (!contents.optimizer().isEmpty()) {
            add(files, directory, Checkpoint.OPTIMIZER_FILE, contents.optimizer());
        }
        var manifest = new Manifest(contents.provenance(), files);
        var bytes = manifest.bytes();
        disk.write(directory.resolve(Manifest.FILE), channel -> writeFully(channel, bytes));
        disk.force(directory);
        return manifest;
    }

    /// Hides a directory at once, then deletes it, so that nobody meets one that is half there.
    void remove(Path directory) throws IOException {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            var hidden = aside(directory, "old");
            delete(hidden);
            disk.moveAtomically(directory, hidden);
            delete(hidden);
        }
    }

    void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (var children = Files.newDirectoryStream(path)) {
                for (var child : children) {
                    delete(child);
                }
            }
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            disk.delete(path);
        }
    }

    /// Deletes what dead writers left, and what this process left when a save of its own failed.
    void removeLeftovers(Path parent) throws IOException {
        try (var hidden = Files.newDirectoryStream(parent, ".*-*" + ASIDE)) {
            for (var path : hidden) {
                if (isLeftOver(path.getFileName().toString())) {
                    delete(path);
                }
            }
        }
    }

    private static boolean isLeftOver(String name) {
        String process = name.substring(name.lastIndexOf('-') + 1, name.length() - ASIDE.length());
        return process.matches("[0-9]{1,18}")
                && (Long.parseLong(process) == ProcessHandle.current().pid()
                        || ProcessHandle.of(Long.parseLong(process)).isEmpty());
    }

    private void add(Map<String, Manifest.FileRecord> files, Path directory, String name, byte[] bytes)
            throws IOException {
        files.put(name, hashed(directory.resolve(name), channel -> writeFully(channel, bytes)));
    }

    private void add(Map<String, Manifest.FileRecord> files, Path directory, String name, Map<String, Tensor> tensors)
            throws IOException {
        files.put(name, hashed(directory.resolve(name), channel -> SafeTensors.write(channel, tensors, METADATA)));
    }

    private Manifest.FileRecord hashed(Path file, FileOperations.Content content) throws IOException {
        var hashing = new Object() {
            final MessageDigest digest = Sha256.digest();
            long size;
        };
        disk.write(
                file,
                channel -> content.writeTo(new WritableByteChannel() {
                    @Override
                    public int write(ByteBuffer bytes) throws IOException {
                        var before = bytes.duplicate();
                        int written = channel.write(bytes);
                        hashing.digest.update(before.limit(before.position() + written));
                        hashing.size += written;
                        return written;
                    }

                    @Override
                    public boolean isOpen() {
                        return channel.isOpen();
                    }

                    @Override
                    public void close() throws IOException {
                        channel.close();
                    }
                }));
        return new Manifest.FileRecord(hashing.size, Sha256.hex(hashing.digest.digest()));
    }

    private static void writeFully(WritableByteChannel channel, byte[] bytes) throws IOException {
        var rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }
}
