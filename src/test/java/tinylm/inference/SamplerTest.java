package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SamplerTest {

    private static final boolean[] NOTHING_SEEN = new boolean[100];

    @Test
    void agrees_with_a_plain_reimplementation_on_random_logits() {
        for (int seed = 0; seed < 20_000; seed++) {
            var random = new Random(seed);
            var logits = randomLogits(random);
            var seen = randomSeen(random, logits.length);
            var parameters = randomParameters(random);
            int n = random.nextInt(1000);
            assertEquals(
                    plainly(logits, seen, parameters, n),
                    Sampler.sample(logits, seen, parameters, n).id(),
                    "seed " + seed + ": " + parameters);
        }
    }

    @Test
    void draws_tokens_as_often_as_their_probabilities_say() {
        float[] logits = {(float) Math.log(0.5), (float) Math.log(0.3), (float) Math.log(0.15), (float) Math.log(0.05)};
        double[] expected = {0.5, 0.3, 0.15, 0.05};
        int draws = 100_000;
        for (long seed : new long[] {0, 1, -1, Long.MAX_VALUE}) {
            var counts = new int[4];
            for (int n = 0; n < draws; n++) {
                counts[Sampler.sample(logits, NOTHING_SEEN, pure(seed), n).id()]++;
            }
            double chiSquare = 0;
            for (int id = 0; id < 4; id++) {
                chiSquare += Math.pow(counts[id] - draws * expected[id], 2) / (draws * expected[id]);
            }
            // 99.9 % of fair samplers stay below 16.27 (3 degrees of freedom)
            assertTrue(chiSquare < 16.27, "chi-square " + chiSquare + " for seed " + seed);
        }
    }

    @Test
    void uniform_numbers_of_neighbouring_seeds_and_draws_are_spread_evenly_and_differ() {
        var distinct = new HashSet<Double>();
        double sum = 0;
        for (long seed = 0; seed < 100; seed++) {
            for (long n = 0; n < 100; n++) {
                double uniform = Sampler.uniform(seed, n);
                assertTrue(uniform >= 0 && uniform < 1, "seed " + seed + ", n " + n + ": " + uniform);
                distinct.add(uniform);
                sum += uniform;
            }
        }
        assertEquals(10_000, distinct.size());
        assertEquals(0.5, sum / 10_000, 0.01);
    }

    @Test
    void temperature_zero_takes_the_likeliest_and_of_equals_the_first() {
        float[] logits = {1, 3, -2, 3};
        for (int n = 0; n < 100; n++) {
            assertEquals(
                    1,
                    Sampler.sample(logits, NOTHING_SEEN, pure(n).withTemperature(0), n)
                            .id());
        }
    }

    @Test
    void the_smallest_temperature_is_greedy_rather_than_infinite() {
        float[] logits = {-80, 88, 87, -88};
        assertEquals(
                1,
                Sampler.sample(logits, NOTHING_SEEN, pure(1).withTemperature(Double.MIN_VALUE), 0)
                        .id());
    }

    @Test
    void a_repetition_penalty_makes_seen_tokens_less_likely_whatever_their_sign() {
        var greedy = new SamplingParameters(0, 0, 1, 0, 2, 1, 1);
        assertEquals(
                1,
                Sampler.sample(new float[] {3, 2}, new boolean[] {true, false}, greedy, 0)
                        .id());
        assertEquals(
                1,
                Sampler.sample(new float[] {-2, -3}, new boolean[] {true, false}, greedy, 0)
                        .id());
        assertEquals(
                0,
                Sampler.sample(new float[] {3, 2}, new boolean[] {true, true}, greedy, 0)
                        .id());
    }

    @Test
    void top_k_of_equals_keeps_exactly_k_with_lower_ids_first() {
        var parameters = new SamplingParameters(1, 2, 1, 0, 1, 5, 1);
        var drawn = new HashSet<Integer>();
        for (int n = 0; n < 1000; n++) {
            drawn.add(Sampler.sample(new float[8], NOTHING_SEEN, parameters, n).id());
        }
        assertEquals(Set.of(0, 1), drawn);
    }

    @Test
    void the_logprob_is_the_models_own_and_unfiltered() {
        float[] logits = {0, (float) Math.log(3)};
        var sampled = Sampler.sample(logits, NOTHING_SEEN, new SamplingParameters(0.1, 1, 0.1, 0.9, 1, 1, 1), 0);
        assertEquals(1, sampled.id());
        assertEquals(Math.log(0.75), sampled.logprob(), 1e-6);
    }

    @Test
    void logits_that_are_no_distribution_are_refused() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            float[] logits = {1, bad, 2};
            assertThrows(IllegalStateException.class, () -> Sampler.sample(logits, NOTHING_SEEN, pure(1), 0));
        }
    }

    @Test
    void minus_infinity_is_never_drawn() {
        float[] logits = {Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY};
        for (int n = 0; n < 100; n++) {
            assertEquals(1, Sampler.sample(logits, NOTHING_SEEN, pure(n), n).id());
        }
    }

    private static SamplingParameters pure(long seed) {
        return new SamplingParameters(1, 0, 1, 0, 1, seed, 1);
    }

    /// The definition, written for clarity: probabilities are renormalised after every filter.
    private static int plainly(float[] logits, boolean[] seen, SamplingParameters p, int n) {
        var candidates = new ArrayList<Candidate>();
        for (int id = 0; id < logits.length; id++) {
            double logit = logits[id];
            if (seen[id]) {
                logit = (float) (logit < 0 ? logit * p.repetitionPenalty() : logit / p.repetitionPenalty());
            }
            candidates.add(new Candidate(id, logit));
        }
        candidates.sort(Comparator.comparingDouble(Candidate::value).reversed().thenComparingInt(Candidate::id));
        if (p.temperature() == 0) {
            return candidates.getFirst().id();
        }
        double top = candidates.getFirst().value();
        List<Candidate> kept = candidates.stream()
                .map(c -> new Candidate(c.id(), Math.exp((c.value() - top) / p.temperature())))
                .limit(p.topK() == 0 ? Integer.MAX_VALUE : p.topK())
                .toList();
        kept = normalised(kept);
        int nucleus = 0;
        for (double sum = 0; nucleus < kept.size() && sum < p.topP(); nucleus++) {
            sum += kept.get(nucleus).value();
        }
        kept = normalised(kept.subList(0, Math.max(nucleus, 1)));
        double most = kept.getFirst().value();
        kept = normalised(
                kept.stream().filter(c -> c.value() >= p.minP() * most).toList());
        double uniform = Sampler.uniform(p.seed(), n);
        double sum = 0;
        for (var candidate : kept) {
            sum += candidate.value();
            if (uniform < sum) {
                return candidate.id();
            }
        }
        return kept.getLast().id();
    }

    private record Candidate(int id, double value) {}

    private static List<Candidate> normalised(List<Candidate> candidates) {
        double sum = candidates.stream().mapToDouble(Candidate::value).sum();
        return candidates.stream()
                .map(c -> new Candidate(c.id(), c.value() / sum))
                .toList();
    }

    private static float[] randomLogits(Random random) {
        var logits = new float[1 + random.nextInt(70)];
        for (int i = 0; i < logits.length; i++) {
            // now and then equal ones
            logits[i] = random.nextInt(5) == 0 ? random.nextInt(3) : (float) (4 * random.nextGaussian());
        }
        return logits;
    }

    private static boolean[] randomSeen(Random random, int length) {
        var seen = new boolean[length];
        for (int i = 0; i < length; i++) {
            seen[i] = random.nextBoolean();
        }
        return seen;
    }

    private static SamplingParameters randomParameters(Random random) {
        return new SamplingParameters(
                random.nextInt(10) == 0 ? 0 : 0.05 + 1.95 * random.nextDouble(),
                random.nextBoolean() ? 0 : 1 + random.nextInt(80),
                random.nextBoolean() ? 1 : 1 - random.nextDouble(),
                random.nextBoolean() ? 0 : random.nextDouble(),
                random.nextBoolean() ? 1 : 0.5 + 2 * random.nextDouble(),
                random.nextLong(),
                1);
    }
}
