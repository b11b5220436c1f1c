package tinylm.inference;

import java.util.Arrays;
import java.util.List;

/// Chooses the next token id: a pure function of logits, tokens seen, parameters and the number of the draw.
///
/// The filters act in Hugging Face's order (transformers, `GenerationMixin._get_logits_processor`): repetition
/// penalty, temperature, top-k, top-p, min-p. Equal logits are ordered by id, so top-k keeps exactly k tokens.
/// Exponentials are [StrictMath]'s, so that every machine draws alike.
public final class Sampler {

    /// @param id the chosen token
    /// @param logprob natural logarithm of its probability by the model itself, before any filter
    public record Sampled(int id, double logprob) {}

    /// The `count` likeliest tokens by the model itself, likeliest first.
    ///
    /// @param logits (V), left as they are
    public static List<TokenEvent.Alternative> likeliest(float[] logits, int count) {
        var order = likeliestFirst(logits, new boolean[0], 1);
        double logSum = logSum(logits);
        return Arrays.stream(order, 0, Math.min(count, order.length))
                .mapToObj(entry -> new TokenEvent.Alternative(id(entry), logits[id(entry)] - logSum))
                .toList();
    }

    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private Sampler() {}

    /// @param logits (V), left as they are
    /// @param seen (V) whether a token occurred in the text so far; read when there is a repetition penalty
    /// @param n number of the draw, from 0
    /// @throws IllegalStateException if the logits are no distribution (NaN or infinite)
    public static Sampled sample(float[] logits, boolean[] seen, SamplingParameters parameters, long n) {
        var order = likeliestFirst(logits, seen, parameters.repetitionPenalty());
        int chosen = parameters.temperature() == 0 ? id(order[0]) : draw(order, parameters, n);
        return new Sampled(chosen, logits[chosen] - logSum(logits));
    }

    /// The n-th number in [0, 1) of a seed: SplitMix64's finaliser (Steele, Lea and Flood 2014) over both.
    static double uniform(long seed, long n) {
        return (mix(mix(seed) + (n + 1) * GOLDEN_GAMMA) >>> 11) * 0x1p-53;
    }

    private static int draw(long[] order, SamplingParameters parameters, long n) {
        int kept = parameters.topK() == 0 ? order.length : Math.min(parameters.topK(), order.length);
        var weights = new double[kept];
        double total = 0;
        for (int i = 0; i < kept; i++) {
            // the likeliest is subtracted first: no temperature, however small, can overflow
            double score = ((double) logit(order[i]) - logit(order[0])) / parameters.temperature();
            weights[i] = StrictMath.exp(score);
            total += weights[i];
        }
        kept = fewestHolding(parameters.topP() * total, weights, kept);
        kept = atLeast(parameters.minP() * weights[0], weights, kept);
        return id(order[pick(weights, kept, uniform(parameters.seed(), n))]);
    }

    private static int fewestHolding(double wanted, double[] weights, int kept) {
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            sum += weights[i];
            if (sum >= wanted) {
                return i + 1;
            }
        }
        return kept;
    }

    private static int atLeast(double least, double[] weights, int kept) {
        while (weights[kept - 1] < least) {
            kept--;
        }
        return kept;
    }

    private static int pick(double[] weights, int kept, double uniform) {
        double total = 0;
        for (int i = 0; i < kept; i++) {
            total += weights[i];
        }
        double left = uniform * total;
        for (int i = 0; i < kept - 1; i++) {
            left -= weights[i];
            if (left < 0) {
                return i;
            }
        }
        return kept - 1;
    }

    /// One long a token, penalised logit above and id below, so that a plain ascending sort puts the likeliest
    /// first and equal ones by id.
    private static long[] likeliestFirst(float[] logits, boolean[] seen, double penalty) {
        var order = new long[logits.length];
        for (int id = 0; id < logits.length; id++) {
            float logit = penalty != 1 && seen[id] ? penalised(logits[id], penalty) : logits[id];
            if (Float.isNaN(logit)) {
                throw new IllegalStateException("the logit of token " + id + " is not a number");
            }
            order[id] = (long) ~sortable(logit + 0f) << 32 | id;
        }
        Arrays.sort(order);
        if (Float.isInfinite(logit(order[0]))) {
            throw new IllegalStateException("the largest logit is infinite");
        }
        return order;
    }

    /// Keskar et al. 2019, as in Hugging Face: away from zero or towards it, whichever is less likely.
    private static float penalised(float logit, double penalty) {
        return (float) (logit < 0 ? logit * penalty : logit / penalty);
    }

    /// Bits whose signed order is the order of the floats; its own inverse.
    private static int sortable(float value) {
        return flipNegative(Float.floatToIntBits(value));
    }

    private static int flipNegative(int bits) {
        return bits ^ (bits >> 31 & 0x7fffffff);
    }

    private static float logit(long entry) {
        return Float.intBitsToFloat(flipNegative(~(int) (entry >> 32)));
    }

    private static int id(long entry) {
        return (int) entry;
    }

    private static double logSum(float[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += StrictMath.exp(logit - max);
        }
        return max + StrictMath.log(sum);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
