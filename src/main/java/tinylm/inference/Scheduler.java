package tinylm.inference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/// Who takes part in the next step: first come, first served, as many as there are slots. The sequence at index i
/// of [#active] occupies slot i. Knows neither tensor, thread nor clock. Engine thread only.
final class Scheduler {

    private final Slots slots;
    private final Slots.Swap swap;
    private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
    private final ArrayList<Sequence> active = new ArrayList<>();

    /// @param swap told whenever two rows of the real cache must change places
    Scheduler(Slots slots, Slots.Swap swap) {
        this.slots = slots;
        this.swap = swap;
    }

    /// @throws IllegalArgumentException if another sequence of the same lease is waiting or active
    void add(Sequence sequence) {
        if (all().anyMatch(other -> other.lease() == sequence.lease())) {
            throw new IllegalArgumentException("a lease is good for one sequence at a time");
        }
        waiting.addLast(sequence);
    }

    /// Lets those in that there are slots for, and returns them.
    List<Sequence> admit() {
        var started = new ArrayList<Sequence>();
        while (!waiting.isEmpty() && active.size() < slots.count()) {
            var next = waiting.removeFirst();
            slots.occupy(next.lease(), swap);
            active.addLast(next);
            started.add(next);
        }
        return started;
    }

    /// Has those that are new, or whose windows have just slid, change places with long ones of the lower half,
    /// so that a decode of that half attends over fewer positions. Only the long one need be copied.
    void arrange(int contextLength) {
        for (int slot = 0; slot < active.size(); slot++) {
            slots.row(slot).slideTo(active.get(slot).start(contextLength));
        }
        for (int slot = active.size() / 2; slot < active.size(); slot++) {
            int other = slots.sink(slot, contextLength / 2, swap);
            if (other >= 0) {
                Collections.swap(active, slot, other);
            }
        }
    }

    /// Takes a sequence out, wherever it is; the last active one moves into its place.
    void remove(Sequence sequence) {
        int slot = active.indexOf(sequence);
        if (slot < 0) {
            waiting.remove(sequence);
            return;
        }
        slots.vacate(slot, swap);
        var last = active.removeLast();
        if (last != sequence) {
            active.set(slot, last);
        }
    }

    List<Sequence> active() {
        return List.copyOf(active);
    }

    /// Those without a slot, the next to get one first.
    List<Sequence> waiting() {
        return List.copyOf(waiting);
    }

    List<Sequence> cancelled() {
        return all().filter(Sequence::isCancelled).toList();
    }

    boolean isIdle() {
        return active.isEmpty() && waiting.isEmpty();
    }

    Stream<Sequence> all() {
        return Stream.concat(active.stream(), waiting.stream());
    }
}
