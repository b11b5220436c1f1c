package tinylm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tensors in a file of Hugging Face's safetensors format, float32 only.
///
/// Eight bytes with the header's length, the header in JSON (name to dtype, shape, place), then the values,
/// little-endian. Everything that the header says is checked before room is made for a single value. Source:
/// <https://huggingface.co/docs/safetensors>.
public final class SafeTensors {

    /// A longer header is refused unread.
    static final int MOST_HEADER_BYTES = 1 << 20;

    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = Long.BYTES;
    private static final int CHUNK_BYTES = 1 << 16;

    private SafeTensors() {}

    /// One tensor of a header.
    ///
    /// @param begin first byte, counted from the header's end
    /// @param end the byte after the last
    record Entry(String name, long[] shape, long begin, long end) {}

    /// The tensors of a file, in the order of their values; in memory of their own, so the file may go.
    ///
    /// @throws CheckpointException when the file is not exactly what its header says
    public static LinkedHashMap<String, Tensor> read(Path file) {
        return readHashed(file).tensors();
    }

    /// As `read`, but refuses other bytes than those with this hash.
    static LinkedHashMap<String, Tensor> read(Path file, String sha256) {
        var hashed = readHashed(file);
        if (!hashed.sha256().equals(sha256)) {
            throw new CheckpointException(
                    file, "has SHA-256 " + hashed.sha256() + " where " + sha256 + " is expected: it was changed.");
        }
        return hashed.tensors();
    }

    /// The checked header alone, in the order of the values.
    static List<Entry> readHeader(Path file) {
        try (var channel = open(file)) {
            return header(file, channel, channel.size());
        } catch (IOException e) {
            throw new CheckpointException(file, "cannot be read: " + CheckpointException.reason(e) + ".", e);
        }
    }

    /// Writes the tensors in the map's order and forces them to the disk.
    ///
    /// @param metadata free strings; Hugging Face wants `format` = `pt`
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(channel, tensors, metadata);
            channel.force(true);
        }
    }

    static void write(WritableByteChannel channel, Map<String, Tensor> tensors, Map<String, String> metadata)
            throws IOException {
        writeFully(channel, headerBytes(tensors, metadata));
        var chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var tensor : tensors.values()) {
            var values = tensor.data();
            while (values.hasRemaining()) {
                chunk.clear();
                int count = Math.min(values.remaining(), CHUNK_BYTES / Float.BYTES);
                chunk.asFloatBuffer().put(values.slice(values.position(), count));
                values.position(values.position() + count);
                writeFully(channel, chunk.limit(count * Float.BYTES));
            }
        }
    }

    private static ByteBuffer headerBytes(Map<String, Tensor> tensors, Map<String, String> metadata) {
        ObjectNode header = Json.object();
        header.set(METADATA, Json.tree(metadata));
        long begin = 0;
        for (var entry : tensors.entrySet()) {
            if (entry.getKey().isEmpty() || entry.getKey().equals(METADATA)) {
                throw new IllegalArgumentException("A tensor cannot be named \"" + entry.getKey() + "\"");
            }
            long[] shape = entry.getValue().shape();
            long end = begin + Tensor.size(shape) * Float.BYTES;
            header.putObject(entry.getKey())
                    .put("dtype", "F32")
                    .<ObjectNode>set("shape", Json.tree(shape))
                    .set("data_offsets", Json.tree(new long[] {begin, end}));
            begin = end;
        }
        byte[] json = Json.compactBytes(header);
        int padded = (json.length + 7) / 8 * 8;
        if (padded > MOST_HEADER_BYTES) {
            throw new IllegalArgumentException("The header of " + tensors.size() + " tensors has " + padded
                    + " bytes; allowed are " + MOST_HEADER_BYTES);
        }
        var bytes = ByteBuffer.allocate(LENGTH_BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(json);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.flip();
    }

    private record Hashed(LinkedHashMap<String, Tensor> tensors, String sha256) {}

    private static Hashed readHashed(Path file) {
        var digest = Sha256.digest();
        try (var channel = open(file);
                var in = Channels.newChannel(new DigestInputStream(Channels.newInputStream(channel), digest))) {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (var entry : header(file, in, channel.size())) {
                tensors.put(entry.name(), values(file, in, entry));
            }
            return new Hashed(tensors, Sha256.hex(digest.digest()));
        } catch (EOFException e) {
            throw new CheckpointException(file, "became shorter while it was read.", e);
        } catch (IOException e) {
            throw new CheckpointException(file, "cannot be read: " + CheckpointException.reason(e) + ".", e);
        }
    }

    private static FileChannel open(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new CheckpointException(file, "is missing, or is not a regular file.");
        }
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    private static Tensor values(Path file, ReadableByteChannel in, Entry entry) throws IOException {
        if (entry.end() - entry.begin() > Integer.MAX_VALUE) {
            throw new CheckpointException(file, "has a tensor " + entry.name() + " of more than 2 GiB.");
        }
        var bytes =
                ByteBuffer.allocateDirect((int) (entry.end() - entry.begin())).order(ByteOrder.LITTLE_ENDIAN);
        readFully(in, bytes);
        return new Tensor(entry.shape(), bytes.flip().asFloatBuffer());
    }

    private static List<Entry> header(Path file, ReadableByteChannel in, long fileBytes) throws IOException {
        if (fileBytes < LENGTH_BYTES) {
            throw new CheckpointException(file, "has " + fileBytes + " bytes: too few for a header.");
        }
        var length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        readFully(in, length);
        long headerBytes = length.getLong(0);
        if (headerBytes < 2 || headerBytes > MOST_HEADER_BYTES) {
            throw new CheckpointException(
                    file,
                    "says that its header has " + Long.toUnsignedString(headerBytes) + " bytes; allowed are 2 to "
                            + MOST_HEADER_BYTES + ".");
        }
        if (headerBytes > fileBytes - LENGTH_BYTES) {
            throw new CheckpointException(
                    file, "has " + fileBytes + " bytes and ends before its header of " + headerBytes + " does.");
        }
        var json = ByteBuffer.allocate((int) headerBytes);
        readFully(in, json);
        return entries(Json.parse(file, json.array()), fileBytes - LENGTH_BYTES - headerBytes);
    }

    private static List<Entry> entries(Json header, long dataBytes) {
        var entries = new ArrayList<Entry>();
        for (var property : header.root().properties()) {
            if (property.getKey().equals(METADATA)) {
                header.object(METADATA);
            } else {
                entries.add(entry(header, property.getKey(), dataBytes));
            }
        }
        entries.sort(Comparator.comparingLong(Entry::begin));
        long end = 0;
        for (var entry : entries) {
            if (entry.begin() != end) {
                throw new CheckpointException(
                        header.file(),
                        "has tensor " + entry.name() + " from byte " + entry.begin() + " where the one before ends at "
                                + end + "; no overlap and no hole is allowed.");
            }
            end = entry.end();
        }
        if (end != dataBytes) {
            throw new CheckpointException(
                    header.file(),
                    "holds " + dataBytes + " bytes of values where its header speaks of " + end
                            + ": it was cut off or added to.");
        }
        return entries;
    }

    private static Entry entry(Json header, String name, long dataBytes) {
        if (name.isEmpty()) {
            throw new CheckpointException(header.file(), "has a tensor without a name.");
        }
        var tensor = header.object(name);
        if (!tensor.text("dtype").equals("F32")) {
            throw new CheckpointException(
                    header.file(),
                    "has tensor " + name + " of type " + tensor.text("dtype") + "; only F32 is allowed.");
        }
        long[] shape = longs(tensor, "shape", name);
        long[] offsets = longs(tensor, "data_offsets", name);
        if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes) {
            throw new CheckpointException(
                    header.file(),
                    "has tensor " + name + " at offsets " + tensor.root().get("data_offsets")
                            + "; allowed are a begin and an end within its " + dataBytes + " bytes of values.");
        }
        if (size(header, name, shape) * Float.BYTES != offsets[1] - offsets[0]) {
            throw new CheckpointException(
                    header.file(),
                    "has tensor " + name + " of shape " + tensor.root().get("shape") + " in "
                            + (offsets[1] - offsets[0]) + " bytes, which do not fit.");
        }
        return new Entry(name, shape, offsets[0], offsets[1]);
    }

    private static long size(Json header, String name, long[] shape) {
        try {
            return Tensor.size(shape);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(header.file(), "has tensor " + name + ": " + e.getMessage() + ".", e);
        }
    }

    private static long[] longs(Json tensor, String key, String name) {
        JsonNode array = tensor.root().path(key);
        var values = new long[array.size()];
        boolean right = array.isArray() && values.length <= 8;
        for (int i = 0; right && i < values.length; i++) {
            var value = array.get(i);
            right = value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0;
            values[i] = value.longValue();
        }
        if (!right) {
            throw new CheckpointException(
                    tensor.file(),
                    "has tensor " + name + " whose " + key + " is not a list of at most 8 whole numbers from 0.");
        }
        return values;
    }

    private static void readFully(ReadableByteChannel in, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (in.read(bytes) < 0) {
                throw new EOFException();
            }
        }
    }

    private static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
