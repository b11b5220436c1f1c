package tinylm.inference;

/// A session's claim to one slot between its sequences. The engine may give the slot to somebody else: that costs the
/// session one prefill, never an answer. Any thread may close it; the slot is then the first to be given away.
public final class Lease implements AutoCloseable {

    private volatile boolean closed;

    @Override
    public void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }
}
