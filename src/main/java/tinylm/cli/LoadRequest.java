package tinylm.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SplittableRandom;

/// A request that can be asked again: with its seed it has one answer only.
///
/// @param outputTokens most characters of the answer
record LoadRequest(String input, int outputTokens, long seed) {

    private static final int LONGEST_PROMPT = 200;

    /// A prompt of 1 to 200 characters out of `alphabet` (code points), for 200 to 400 more.
    static LoadRequest random(SplittableRandom random, int[] alphabet) {
        var input = new StringBuilder();
        random.ints(random.nextInt(1, LONGEST_PROMPT + 1), 0, alphabet.length)
                .forEach(i -> input.appendCodePoint(alphabet[i]));
        return new LoadRequest(input.toString(), random.nextInt(200, 401), random.nextLong(1L << 53));
    }

    /// The same, but with an answer that ends earlier: visitors who begin together then do not end together.
    LoadRequest cut(SplittableRandom random) {
        return new LoadRequest(input, random.nextInt(1, outputTokens + 1), seed);
    }

    String create() {
        return event("response.create")
                .put("input", input)
                .put("max_output_tokens", outputTokens)
                .put("seed", seed)
                .toString();
    }

    static ObjectNode event(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }
}
