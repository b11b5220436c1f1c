package tinylm.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {

    private static final String ONE = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}";

    @TempDir
    Path directory;

    @Test
    void what_is_written_is_read_back_bit_for_bit_and_in_order() throws IOException {
        for (long seed = 0; seed < 30; seed++) {
            var random = new Random(seed);
            var tensors = new LinkedHashMap<String, Tensor>();
            for (int i = random.nextInt(6); i >= 0; i--) {
                var shape = random.longs(random.nextInt(4), 1, i == 0 ? 60 : 7).toArray();
                tensors.put("tensor \"" + random.nextInt(1_000_000) + "\" ü😀", TinyCheckpoint.tensor(random, shape));
            }
            var file = directory.resolve(seed + ".safetensors");
            SafeTensors.write(file, tensors, Map.of("format", "pt"));
            var read = SafeTensors.read(file);
            assertEquals(tensors, read, "seed " + seed);
            assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.keySet()), "seed " + seed);
            assertEquals(
                    0,
                    ByteBuffer.wrap(Files.readAllBytes(file))
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .getLong()
                            % 8);
        }
    }

    @Test
    void a_file_made_by_hand_after_the_formats_description_is_read() throws IOException {
        var tensor = SafeTensors.read(file(ONE, floats(1, 2, 3, 4, 5, -0f))).get("a");
        assertArrayEquals(new long[] {2, 3}, tensor.shape());
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, -0f}, tensor.toArray());
    }

    @Test
    void tensors_outlive_their_file() throws IOException {
        var file = file(ONE, floats(1, 2, 3, 4, 5, 6));
        var tensor = SafeTensors.read(file).get("a");
        Files.write(file, new byte[3]);
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, tensor.toArray());
    }

    @Test
    void djl_reads_what_we_write() throws IOException {
        var tensors = TinyCheckpoint.weights(3);
        var file = directory.resolve("x.safetensors");
        SafeTensors.write(file, tensors, Map.of("format", "pt"));
        try (var manager = NDManager.newBaseManager();
                var list = NDList.decode(manager, new ByteArrayInputStream(Files.readAllBytes(file)))) {
            assertEquals(tensors.size(), list.size());
            for (var array : list) {
                var tensor = tensors.get(array.getName());
                assertArrayEquals(tensor.shape(), array.getShape().getShape());
                assertArrayEquals(tensor.toArray(), array.toFloatArray());
            }
        }
    }

    @Test
    void every_wrong_header_is_refused_with_the_files_name() throws IOException {
        byte[] values = floats(1, 2, 3, 4, 5, 6);
        var wrong = new LinkedHashMap<String, String>();
        wrong.put(ONE.replace("F32", "F16"), "F16");
        wrong.put(ONE.replace("F32", "f32"), "f32");
        wrong.put(ONE.replace("[2,3]", "[2,4]"), "do not fit");
        wrong.put(ONE.replace("[2,3]", "[2,0]"), "at least 1");
        wrong.put(ONE.replace("[2,3]", "[2,-3]"), "shape");
        wrong.put(ONE.replace("[2,3]", "[2,3.0]"), "shape");
        wrong.put(ONE.replace("[2,3]", "6"), "shape");
        wrong.put(ONE.replace("[2,3]", "[4294967296,4294967296]"), "product");
        wrong.put(ONE.replace("[2,3]", "[9223372036854775807]"), "product");
        wrong.put(ONE.replace("[2,3]", "[99999999999999999999]"), "shape");
        wrong.put(ONE.replace("[2,3]", "[1,1,1,1,1,1,1,2,3]"), "at most 8");
        wrong.put(ONE.replace("[0,24]", "[0,28]"), "offsets");
        wrong.put(ONE.replace("[0,24]", "[24,0]"), "offsets");
        wrong.put(ONE.replace("[0,24]", "[-24,0]"), "data_offsets");
        wrong.put(ONE.replace("[0,24]", "[0,24,24]"), "offsets");
        wrong.put(ONE.replace("[0,24]", "[0,9223372036854775807]"), "offsets");
        wrong.put(ONE.replace("[2,3]", "[5]").replace("[0,24]", "[0,20]"), "cut off or added to");
        wrong.put(ONE.replace("[2,3]", "[5]").replace("[0,24]", "[4,24]"), "no hole");
        wrong.put(two("[4]", "[0,16]", "[4]", "[8,24]"), "no overlap");
        wrong.put(two("[2]", "[0,8]", "[3]", "[12,24]"), "no hole");
        wrong.put(two("[6]", "[0,24]", "[6]", "[0,24]"), "no overlap");
        wrong.put(ONE.replace("}}", "},\"a\":{}}"), "strict JSON");
        wrong.put(ONE.replace("\"dtype\":\"F32\"", "\"dtype\":\"F16\",\"dtype\":\"F32\""), "strict JSON");
        wrong.put(ONE.replace("\"a\"", "\"\""), "without a name");
        wrong.put(ONE.replace("\"dtype\":\"F32\",", ""), "dtype");
        wrong.put(ONE.replace("{\"a\":{", "{\"a\":[{").replace("}}", "}]}"), "JSON object");
        wrong.put("{\"__metadata__\":7," + ONE.substring(1), "__metadata__");
        wrong.put("[]", "JSON object");
        wrong.put("{}", "cut off or added to");
        wrong.put(ONE + "{}", "strict JSON");
        wrong.put(ONE.substring(1), "JSON");
        wrong.put("{\"a\":".repeat(10_000), "JSON");
        for (var header : wrong.entrySet()) {
            refused(file(header.getKey(), values), header.getValue());
        }
    }

    @Test
    void a_header_that_claims_to_be_huge_is_refused_unread() throws IOException {
        for (long length : new long[] {0, 1, (1 << 20) + 1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            var file = Files.write(
                    directory.resolve("x.safetensors"),
                    ByteBuffer.allocate(64)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(length)
                            .array());
            refused(file, "header");
        }
        refused(Files.write(directory.resolve("x.safetensors"), new byte[7]), "too few");
        refused(directory.resolve("none.safetensors"), "missing");
        refused(directory, "missing");
    }

    @Test
    void a_tensor_of_more_than_two_gibibytes_is_refused_before_room_is_made() throws IOException {
        long bytes = 3L << 30;
        var file = file(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + bytes / 4 + "],\"data_offsets\":[0," + bytes + "]}}",
                new byte[0]);
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(sparse.length() + bytes);
        }
        refused(file, "2 GiB");
    }

    @Test
    void a_file_cut_off_anywhere_or_added_to_is_refused() throws IOException {
        byte[] whole = Files.readAllBytes(file(ONE, floats(1, 2, 3, 4, 5, 6)));
        for (int length = 0; length < whole.length; length++) {
            refused(Files.write(directory.resolve("cut.safetensors"), Arrays.copyOf(whole, length)), "");
        }
        refused(Files.write(directory.resolve("long.safetensors"), Arrays.copyOf(whole, whole.length + 4)), "");
    }

    @Test
    void random_damage_to_a_header_never_does_more_than_refuse() throws IOException {
        byte[] whole = Files.readAllBytes(file(ONE, floats(1, 2, 3, 4, 5, 6)));
        for (long seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                damaged[random.nextInt(whole.length - 24)] = (byte) random.nextInt(256);
            }
            var file = Files.write(directory.resolve("damaged.safetensors"), damaged);
            try {
                assertEquals(
                        24, SafeTensors.read(file).values().iterator().next().toArray().length * 4);
            } catch (CheckpointException expected) {
                assertTrue(expected.getMessage().contains("damaged.safetensors"), "seed " + seed);
            }
        }
    }

    @Test
    void a_tensor_has_as_many_values_as_its_shape_has_places() {
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[5], 2, 3));
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[0], 0));
        assertArrayEquals(new float[] {7}, Tensor.of(new float[] {7}).toArray());
    }

    private static void refused(Path file, String part) {
        var refusal = assertThrows(CheckpointException.class, () -> SafeTensors.read(file), part);
        assertTrue(refusal.getMessage().contains(file.getFileName().toString()), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(part), part + ": " + refusal.getMessage());
    }

    private static String two(String shapeA, String offsetsA, String shapeB, String offsetsB) {
        var tensor = "{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}";
        return "{\"a\":" + tensor.formatted(shapeA, offsetsA) + ",\"b\":" + tensor.formatted(shapeB, offsetsB) + "}";
    }

    private Path file(String header, byte[] values) throws IOException {
        byte[] json = header.getBytes(UTF_8);
        var bytes = ByteBuffer.allocate(8 + json.length + values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json).put(values);
        return Files.write(directory.resolve("made.safetensors"), bytes.array());
    }

    private static byte[] floats(float... values) {
        var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
