package tinylm.cli;

import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/// One visitor under load: asks, reads to the end, and is told what to do then. Event loop only.
final class LoadStream implements Consumer<LoadFrame> {

    /// An answer that began and ended while it was counted.
    record Answer(LoadRequest request, String text) {}

    private static final long PAUSE_AFTER_ERROR = 250;

    private final SplittableRandom random;
    private final int[] alphabet;
    private final LoadTally tally;
    private final Consumer<LoadStream> ended;
    private final StringBuilder text = new StringBuilder();
    private Optional<Answer> answer = Optional.empty();
    private LoadConnection connection;
    private LoadRequest request;
    private boolean counted;
    private boolean heard;
    private boolean lost;
    private long pause;
    private long sent;
    private long last;

    /// @param alphabet code points that prompts are made of
    /// @param ended told after each response, after each error, and when the connection is lost
    LoadStream(SplittableRandom random, int[] alphabet, LoadTally tally, Consumer<LoadStream> ended) {
        this.random = random;
        this.alphabet = alphabet;
        this.tally = tally;
        this.ended = ended;
    }

    void connected(LoadConnection opened) {
        connection = opened;
    }

    /// Asks for something new, unless the connection is lost.
    void ask() {
        if (lost) {
            return;
        }
        pause = 0;
        counted = tally.isCounting();
        var next = LoadRequest.random(random, alphabet);
        request = request == null && !counted ? next.cut(random) : next;
        text.setLength(0);
        sent = System.nanoTime();
        connection.send(request.create());
    }

    void close() {
        connection.close();
    }

    /// Whether it was ever answered, or will never be.
    boolean heard() {
        return heard || lost;
    }

    /// How long to wait before the next question: a moment after an error.
    long pauseMillis() {
        return pause;
    }

    /// The first answer that was wholly given under the load that was measured.
    Optional<Answer> answer() {
        return answer;
    }

    @Override
    public void accept(LoadFrame frame) {
        switch (frame) {
            case LoadFrame.Delta delta -> {
                long now = System.nanoTime();
                if (text.isEmpty()) {
                    heard = true;
                    if (counted) {
                        tally.first(now - sent, delta.text());
                    }
                } else {
                    tally.next(now - last, delta.text());
                }
                last = now;
                text.append(delta.text());
            }
            case LoadFrame.Done done -> {
                if (!done.text().contentEquals(text)) {
                    tally.error("the deltas do not add up to the text of response.output_text.done");
                }
            }
            case LoadFrame.Ended _ -> {
                if (counted && answer.isEmpty()) {
                    answer = Optional.of(new Answer(request, text.toString()));
                }
                ended.accept(this);
            }
            case LoadFrame.Problem problem -> {
                heard = true;
                tally.error(problem.code() + ": " + problem.message());
                pause = PAUSE_AFTER_ERROR;
                ended.accept(this);
            }
            case LoadFrame.Closed closed -> {
                tally.error(closed.how());
                lost = true;
                ended.accept(this);
            }
            case LoadFrame.Created _, LoadFrame.Other _ -> {}
        }
    }
}
