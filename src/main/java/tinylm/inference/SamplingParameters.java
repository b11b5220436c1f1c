package tinylm.inference;

/// How the next token is chosen from the logits, and how many are wanted.
///
/// @param temperature 0 to 2; 0 always takes the likeliest token
/// @param topK keep only the K likeliest tokens; 0 keeps all
/// @param topP above 0, up to 1: keep the fewest tokens that together have this probability; 1 keeps all
/// @param minP 0 up to, not including, 1: keep tokens at least this fraction as likely as the likeliest; 0 keeps all
/// @param repetitionPenalty 0.1 to 10: makes tokens that already occurred less likely (above 1) or likelier; 1 is off
/// @param seed the n-th draw is a function of (seed, n)
/// @param maxTokens most tokens to generate, at least 1
public record SamplingParameters(
        double temperature, int topK, double topP, double minP, double repetitionPenalty, long seed, int maxTokens) {

    public SamplingParameters {
        // written so that NaN fails too
        require(temperature >= 0 && temperature <= 2, "temperature", "between 0 and 2", temperature);
        require(topK >= 0, "top_k", "at least 0", topK);
        require(topP > 0 && topP <= 1, "top_p", "above 0 and at most 1", topP);
        require(minP >= 0 && minP < 1, "min_p", "at least 0 and below 1", minP);
        require(
                repetitionPenalty >= 0.1 && repetitionPenalty <= 10,
                "repetition_penalty",
                "between 0.1 and 10",
                repetitionPenalty);
        require(maxTokens >= 1, "max_output_tokens", "at least 1", maxTokens);
    }

    /// A value outside its range; the message says which is allowed.
    public static final class OutOfRange extends IllegalArgumentException {
        private final String parameter;

        private OutOfRange(String parameter, String range, Number actual) {
            super(parameter + " must be " + range + ", but is " + actual);
            this.parameter = parameter;
        }

        /// Its name in the API.
        public String parameter() {
            return parameter;
        }
    }

    public static SamplingParameters defaults(long seed) {
        return new SamplingParameters(0.8, 40, 0.9, 0, 1, seed, 500);
    }

    public SamplingParameters withTemperature(double newTemperature) {
        return new SamplingParameters(newTemperature, topK, topP, minP, repetitionPenalty, seed, maxTokens);
    }

    public SamplingParameters withMaxTokens(int newMaxTokens) {
        return new SamplingParameters(temperature, topK, topP, minP, repetitionPenalty, seed, newMaxTokens);
    }

    private static void require(boolean holds, String parameter, String range, Number actual) {
        if (!holds) {
            throw new OutOfRange(parameter, range, actual);
        }
    }
}
