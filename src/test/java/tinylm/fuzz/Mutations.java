package tinylm.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/// Inputs that are nearly right: valid ones with bits flipped, cut off, spliced, made longer, and with other numbers,
/// other strings and other JSON in the places of theirs. Each is a function of its random numbers.
final class Mutations {

    private static final int LONGEST = 300_000;
    private static final Pattern VALUE =
            Pattern.compile("-?\\d[\\d.eE+-]*|\"(?:[^\"\\\\]|\\\\.){0,200}\"|true|false|null|\\[\\]|\\{\\}");
    private static final long[] LENGTHS = {
        0, 1, 2, 7, 8, 255, 1 << 20, (1 << 20) + 1, Integer.MAX_VALUE, 1L << 31, 1L << 32, Long.MAX_VALUE, -1, 1L << 63
    };

    private static final List<String> JSON = List.of(
            "0",
            "-0",
            "-1",
            "1",
            "2",
            "0.5",
            "1e308",
            "1e309",
            "-1e308",
            "4.9e-324",
            "1e-400",
            "1e999999999",
            "1E+2147483648",
            "2147483647",
            "2147483648",
            "-2147483649",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "NaN",
            "Infinity",
            "1.",
            ".1",
            "01",
            "0x1",
            "null",
            "true",
            "false",
            "\"\"",
            "\"a\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"\\udfff\\ud800\"",
            "\"\\ud83c\\udf0a\"",
            "\"\u0301e\uffff\"",
            "[]",
            "{}",
            "[null]",
            "[[],{}]",
            "[0,1,-1]",
            "[\"a\",\"\"]",
            "{\"a\":{\"a\":[]}}",
            "{\"type\":\"text\"}",
            "{\"\":0}",
            "{\"a\":1,\"a\":2}");

    private final List<byte[]> valid;

    Mutations(List<byte[]> valid) {
        this.valid = List.copyOf(valid);
    }

    byte[] input(SplittableRandom random) {
        if (random.nextInt(50) == 0) {
            var bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            return bytes;
        }
        byte[] input = sample(random);
        for (int i = random.nextInt(random.nextInt(8) == 0 ? 12 : 3); i >= 0; i--) {
            input = mutated(input, random);
        }
        return input.length <= LONGEST ? input : cut(input, 0, LONGEST);
    }

    private byte[] mutated(byte[] input, SplittableRandom random) {
        int at = random.nextInt(input.length + 1);
        int to = Math.min(input.length, at + random.nextInt(1 + random.nextInt(64)));
        return switch (random.nextInt(16)) {
            case 0 -> flipped(input, random);
            case 1 -> cut(input, 0, at);
            case 2 -> replaced(input, at, to, new byte[0]);
            case 3 -> replaced(input, at, at, cut(input, at, to));
            case 4 -> spliced(input, at, random);
            case 5 -> replaced(input, at, to, utf8(any(JSON, random)));
            case 6 -> replaced(input, at, at, new byte[] {(byte) random.nextInt(256)});
            case 7 -> lengthened(input, random);
            case 8 -> rare(input, at, random);
            default -> otherValue(input, random);
        };
    }

    private static byte[] flipped(byte[] input, SplittableRandom random) {
        var flipped = input.clone();
        if (flipped.length > 0) {
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
    }

    private byte[] spliced(byte[] input, int at, SplittableRandom random) {
        byte[] other = sample(random);
        return replaced(input, at, input.length, cut(other, random.nextInt(other.length + 1), other.length));
    }

    /// Other first eight bytes: in some formats they are a length.
    private static byte[] lengthened(byte[] input, SplittableRandom random) {
        var bytes = ByteBuffer.wrap(input.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() >= Long.BYTES) {
            bytes.putLong(
                    random.nextBoolean()
                            ? LENGTHS[random.nextInt(LENGTHS.length)]
                            : bytes.getLong(0) + random.nextInt(-9, 10));
        }
        return bytes.array();
    }

    /// What is long costs time, so it comes seldom.
    private static byte[] rare(byte[] input, int at, SplittableRandom random) {
        int many = random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(2_000);
        return switch (random.nextInt(7)) {
            case 0 -> replaced(input, at, at, utf8("[".repeat(many)));
            case 1 -> replaced(input, at, at, utf8("{\"a\":".repeat(many)));
            case 2 -> otherValue(input, "[".repeat(many) + "]".repeat(many), random);
            case 3 -> otherValue(input, "9".repeat(many), random);
            case 4 -> otherValue(input, "1." + "7".repeat(many) + "e-" + many, random);
            case 5 -> otherValue(input, '"' + "x\\u00e9\ud83c\udf0a".repeat(many / 4) + '"', random);
            default -> otherValue(input, "[" + "\"a\",".repeat(many / 4) + "\"a\"]", random);
        };
    }

    private byte[] otherValue(byte[] input, SplittableRandom random) {
        return otherValue(input, any(JSON, random), random);
    }

    /// Another value in the place of one that begins behind a random place; keys are values, too.
    private static byte[] otherValue(byte[] input, String value, SplittableRandom random) {
        var text = new String(input, StandardCharsets.ISO_8859_1);
        var found = VALUE.matcher(text);
        int end = Math.min(text.length(), 4_096);
        return end > 0 && found.find(random.nextInt(end))
                ? replaced(input, found.start(), found.end(), utf8(value))
                : input;
    }

    private byte[] sample(SplittableRandom random) {
        return any(valid, random);
    }

    private static <T> T any(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] cut(byte[] input, int from, int to) {
        return Arrays.copyOfRange(input, from, to);
    }

    private static byte[] replaced(byte[] input, int from, int to, byte[] by) {
        var out = new ByteArrayOutputStream(input.length + by.length);
        out.write(input, 0, from);
        out.writeBytes(by);
        out.write(input, to, input.length - to);
        return out.toByteArray();
    }
}
