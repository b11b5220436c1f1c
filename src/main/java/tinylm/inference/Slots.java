package tinylm.inference;

import java.util.Arrays;

/// The rows of the KV cache as a ledger: whose each row is and what it was fed. Rows in use are the lowest,
/// so that a decode step covers them and no others; above them lie the rows of idle leases, least recently used
/// given away first. Touches no tensor: whoever owns the cache is told what to exchange. Engine thread only.
final class Slots {

    /// Exchanges the first tokens of two rows of the real cache: `ofA` of a's, `ofB` of b's.
    @FunctionalInterface
    interface Swap {
        void swap(int a, int b, int ofA, int ofB);
    }

    /// One row.
    static final class Row {
        private Lease lease;
        private View view = View.nothing();
        private int fed;
        private int written; // what is behind `fed` was guessed and may turn out right
        private long lastUsed;

        /// How many tokens of a view the row holds already.
        int holds(View wanted) {
            return wanted.held(view, fed);
        }

        /// Notes that the row holds the first `newFed` tokens of a view, and guesses up to `newWritten`.
        void keep(View newView, int newFed, int newWritten) {
            view = newView;
            fed = newFed;
            written = newWritten;
        }

        /// Notes that the row holds more of a view, if it holds what was before.
        void extend(View newView, int from, int newFed) {
            if (fed == from) {
                keep(newView, newFed, written);
            }
        }

        void clear() {
            keep(View.nothing(), 0, 0);
        }

        private void giveTo(Lease newLease) {
            lease = newLease;
            clear();
        }

        /// Forgets what is of no use for a view from `start` on.
        void slideTo(int start) {
            if (view.start() != start) {
                clear();
            }
        }

        private boolean isFree() {
            return lease == null || lease.isClosed();
        }
    }

    private final Row[] rows;
    private int inUse;
    private long uses;

    Slots(int count) {
        rows = new Row[count];
        Arrays.setAll(rows, i -> new Row());
    }

    int count() {
        return rows.length;
    }

    int inUse() {
        return inUse;
    }

    Row row(int slot) {
        return rows[slot];
    }

    /// Puts the lease's row, or another that is emptied for it, behind the rows in use.
    int occupy(Lease lease, Swap swap) {
        if (inUse == rows.length) {
            throw new IllegalStateException("all " + rows.length + " slots are in use");
        }
        int found = find(lease);
        if (found < 0) {
            found = leastNeeded();
            rows[found].giveTo(lease);
        } else if (found < inUse) {
            throw new IllegalStateException("the lease already occupies slot " + found);
        }
        exchange(found, inUse, swap);
        rows[inUse].lastUsed = ++uses;
        return inUse++;
    }

    /// Takes a row out of use; its lease keeps it until somebody needs it more.
    void vacate(int slot, Swap swap) {
        if (slot >= inUse) {
            throw new IllegalStateException("slot " + slot + " is not in use, only 0 to " + (inUse - 1));
        }
        rows[slot].lastUsed = ++uses;
        exchange(slot, --inUse, swap);
    }

    /// Has an empty row change places with the fullest of the lower half of those in use, if that is fuller than
    /// `least` tokens. Returns the latter's slot, or -1.
    int sink(int slot, int least, Swap swap) {
        if (rows[slot].fed > 0 || slot < inUse / 2) {
            return -1;
        }
        int fullest = -1;
        for (int i = 0; i < inUse / 2; i++) {
            if (rows[i].fed > (fullest < 0 ? least : rows[fullest].fed)) {
                fullest = i;
            }
        }
        if (fullest >= 0) {
            exchange(slot, fullest, swap);
        }
        return fullest;
    }

    private int find(Lease lease) {
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].lease == lease) {
                return i;
            }
        }
        return -1;
    }

    private int leastNeeded() {
        int best = inUse;
        for (int i = inUse; i < rows.length; i++) {
            if (rows[i].isFree()) {
                return i;
            }
            if (rows[i].lastUsed < rows[best].lastUsed) {
                best = i;
            }
        }
        return best;
    }

    private void exchange(int a, int b, Swap swap) {
        if (a == b) {
            return;
        }
        var row = rows[a];
        rows[a] = rows[b];
        rows[b] = row;
        swap.swap(a, b, rows[b].written, rows[a].written);
    }
}
