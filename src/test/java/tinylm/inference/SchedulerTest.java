package tinylm.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SchedulerTest {

    private static final int SLOTS = 8;

    @Test
    void a_thousand_random_arrivals_cancellations_and_evictions_each_end_once_in_a_slot_of_their_own() {
        for (int seed = 0; seed < 20; seed++) {
            new Simulation(seed).run(1_000);
        }
    }

    @Test
    void sequences_are_admitted_first_come_first_served() {
        var scheduler = new Scheduler(new Slots(4), (a, b, ofA, ofB) -> {});
        var sequences =
                IntStream.range(0, 10).mapToObj(i -> sequence(new Lease())).toList();
        sequences.forEach(scheduler::add);
        scheduler.admit();
        assertEquals(sequences.subList(0, 4), scheduler.active());
        scheduler.remove(sequences.get(1));
        scheduler.admit();
        assertEquals(
                List.of(sequences.get(0), sequences.get(3), sequences.get(2), sequences.get(4)), scheduler.active());
    }

    @Test
    void a_lease_is_good_for_one_sequence_at_a_time() {
        var scheduler = new Scheduler(new Slots(4), (a, b, ofA, ofB) -> {});
        var lease = new Lease();
        scheduler.add(sequence(lease));
        assertThrows(IllegalArgumentException.class, () -> scheduler.add(sequence(lease)));
        scheduler.admit();
        assertThrows(IllegalArgumentException.class, () -> scheduler.add(sequence(lease)));
    }

    @Test
    void the_least_recently_used_idle_lease_loses_its_slot_and_closed_ones_go_first() {
        var slots = new Slots(4);
        var leases = IntStream.range(0, 4).mapToObj(i -> new Lease()).toList();
        for (var lease : leases) {
            int slot = slots.occupy(lease, (a, b, ofA, ofB) -> {});
            slots.row(slot).keep(view(leases.indexOf(lease)), 1, 1);
            slots.vacate(slot, (a, b, ofA, ofB) -> {});
        }
        leases.get(2).close();
        occupyAnew(slots);
        assertEquals(List.of(0, 1, 3), heldBy(slots));
        occupyAnew(slots);
        assertEquals(List.of(1, 3), heldBy(slots));
        assertEquals(2, slots.occupy(leases.get(1), (a, b, ofA, ofB) -> {}));
        assertEquals(1, slots.row(2).holds(view(1)));
        occupyAnew(slots);
        assertEquals(List.of(1), heldBy(slots));
        assertThrows(IllegalStateException.class, () -> occupyAnew(slots));
    }

    @Test
    void what_begins_anew_goes_to_the_lower_half_and_the_fullest_of_it_is_copied_away() {
        int context = 64;
        var copied = new ArrayList<List<Integer>>();
        var slots = new Slots(4);
        var scheduler = new Scheduler(slots, (a, b, ofA, ofB) -> copied.add(List.of(a, b, ofA, ofB)));
        var sequences =
                IntStream.range(0, 4).mapToObj(i -> sequence(new Lease())).toList();
        sequences.forEach(scheduler::add);
        scheduler.admit();
        int[] held = {40, 50, 60, 0};
        int[] written = {42, 52, 60, 0};
        IntStream.range(0, 4).forEach(slot -> slots.row(slot).keep(view(slot), held[slot], written[slot]));
        scheduler.arrange(context);
        assertEquals(List.of(List.of(3, 1, 0, 52)), copied);
        assertEquals(
                List.of(0, 3, 2, 1),
                scheduler.active().stream().map(sequences::indexOf).toList());
        scheduler.arrange(context);
        assertEquals(1, copied.size(), "nothing is left to do");
        slots.row(2).clear();
        slots.row(0).keep(view(0), context / 2, context / 2);
        scheduler.arrange(context);
        assertEquals(1, copied.size(), "what is no longer than half of a context stays");
        slots.row(0).keep(View.of(9, new int[] {0, 0}, index -> index == 1, 1), context, context);
        scheduler.arrange(context);
        assertEquals(1, copied.size(), "what is of another window is not copied");
    }

    private static void occupyAnew(Slots slots) {
        slots.occupy(new Lease(), (a, b, ofA, ofB) -> {});
    }

    private static List<Integer> heldBy(Slots slots) {
        return IntStream.range(0, 4)
                .filter(id -> IntStream.range(0, 4).anyMatch(i -> slots.row(i).holds(view(id)) == 1))
                .boxed()
                .toList();
    }

    private static Sequence sequence(Lease lease) {
        var request = new GenerationRequest(
                Text.EMPTY.withPrompt(0), List.of(), SamplingParameters.defaults(1), 0, new int[0], lease);
        return new Sequence(request, event -> {}, EngineObserver.NONE, 10);
    }

    /// A written token and one that was drawn behind it, which the row does not hold yet.
    private static View view(int token) {
        return View.of(0, new int[] {token, 0}, index -> index == 1, 1);
    }

    /// Plays the engine: a real cache of one number a row, written by the sequence that occupies it.
    private static final class Simulation {
        private final Random random;
        private final int seed;
        private final int[] cache = new int[SLOTS];
        private final Slots slots = new Slots(SLOTS);
        private final Scheduler scheduler = new Scheduler(slots, this::swap);
        private final List<Lease> leases = new ArrayList<>();
        private final Map<Sequence, Integer> endings = new HashMap<>();
        private int tokens;
        private int kept;

        Simulation(int seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        void run(int arrivals) {
            var all = new ArrayList<Sequence>();
            while (all.size() < arrivals || !scheduler.isIdle()) {
                for (int i = random.nextInt(4); i > 0 && all.size() < arrivals; i--) {
                    arrive().ifPresent(all::add);
                }
                scheduler.admit();
                scheduler.arrange(2);
                step();
                leave();
            }
            all.forEach(sequence -> assertEquals(1, endings.getOrDefault(sequence, 0), message("endings")));
            assertTrue(kept > arrivals / 50, message("slots kept between sequences: " + kept));
        }

        private Optional<Sequence> arrive() {
            var lease = random.nextInt(3) == 0 && !leases.isEmpty()
                    ? leases.get(Math.max(0, leases.size() - 1 - random.nextInt(30)))
                    : new Lease();
            if (scheduler.all().anyMatch(other -> other.lease() == lease)) {
                return Optional.empty();
            }
            leases.add(lease);
            var sequence = sequence(lease);
            scheduler.add(sequence);
            return Optional.of(sequence);
        }

        private void step() {
            var active = scheduler.active();
            assertTrue(active.size() <= SLOTS, message("batch of " + active.size()));
            assertEquals(active.size(), new HashSet<>(active).size(), message("a sequence twice in the batch"));
            assertEquals(active.size(), slots.inUse(), message("slots in use"));
            for (int slot = 0; slot < active.size(); slot++) {
                var row = slots.row(slot);
                if (row.holds(view(cache[slot])) == 1) {
                    kept++;
                } else {
                    assertEquals(
                            0,
                            IntStream.rangeClosed(1, tokens)
                                    .filter(token -> row.holds(view(token)) == 1)
                                    .count(),
                            message("the ledger says that slot " + slot + " holds what the cache does not"));
                }
                cache[slot] = ++tokens;
                row.keep(view(tokens), 2, 2);
            }
        }

        private void leave() {
            var candidates = new ArrayList<>(scheduler.all().toList());
            Collections.shuffle(candidates, random);
            for (var sequence : candidates.subList(0, Math.min(candidates.size(), random.nextInt(4)))) {
                scheduler.remove(sequence);
                endings.merge(sequence, 1, Integer::sum);
                if (random.nextInt(5) == 0) {
                    sequence.lease().close();
                }
            }
        }

        private void swap(int a, int b, int ofA, int ofB) {
            int row = ofA > 0 ? cache[a] : 0;
            cache[a] = ofB > 0 ? cache[b] : 0;
            cache[b] = row;
        }

        private String message(String what) {
            return what + " (seed " + seed + ", cache " + Arrays.toString(cache) + ")";
        }
    }
}
