package tinylm.web;

import java.util.concurrent.Semaphore;
import tinylm.session.Refusal;
import tinylm.session.ResponseRequest;

/// Room for the probabilities that whole answers keep until they end, for all of them together: with twenty
/// alternatives a long answer keeps as much as a thousand texts. Any thread.
final class KeptProbabilities {

    private final int most;
    private final Semaphore room;

    KeptProbabilities(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("tinylm.limits.kept-probabilities must be at least 1, but is " + most);
        }
        this.most = most;
        this.room = new Semaphore(most);
    }

    /// What one answer keeps.
    Share share() {
        return new Share();
    }

    final class Share implements AutoCloseable {

        private int taken;
        private boolean closed;

        /// Takes what the answer may need at most, unless there is no room for that.
        synchronized boolean take(ResponseRequest request) {
            int count = count(request);
            boolean isThere = closed || count <= most && room.tryAcquire(count);
            taken += isThere && !closed ? count : 0;
            return isThere;
        }

        Problem tooMany(ResponseRequest request) {
            return Problem.of(new Refusal(
                    Refusal.Kind.BUSY,
                    "too_many_probabilities",
                    "This answer may have " + count(request) + " probabilities, and all that are kept at once are "
                            + most + " at most: ask for fewer characters or alternatives, ask with \"stream\": true,"
                            + " or try again when others have ended.",
                    ""));
        }

        /// Gives back what was taken.
        @Override
        public synchronized void close() {
            closed = true;
            room.release(taken);
            taken = 0;
        }

        private static int count(ResponseRequest request) {
            return request.topLogprobs().isEmpty()
                    ? 0
                    : (int) Math.min(
                            Integer.MAX_VALUE,
                            (long) request.parameters().maxTokens()
                                    * (1 + request.topLogprobs().getAsInt()));
        }
    }
}
