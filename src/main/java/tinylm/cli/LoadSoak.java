package tinylm.cli;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/// One visitor of a soak: asks, reads to the end, asks the same again and is unkind to it (cancels it, or loses its
/// connection and resumes, several times perhaps), and compares the two. Event loop only.
final class LoadSoak implements Consumer<LoadFrame> {

    private static final int TEXT = 1_000; // number of a delta, less the characters that arrived with it
    private static final long PAUSE_AFTER_ERROR = 250;

    /// What all visitors of a soak met.
    static final class Totals {
        long texts;
        long characters;
        long cancels;
        long resumes;
        long different;
        long errors;
        String first = "";

        void wrong(String sentence) {
            if (first.isEmpty()) {
                first = sentence;
            }
        }
    }

    private enum Fate {
        READ,
        CANCEL,
        LOSE
    }

    private final LoadServer server;
    private final SplittableRandom random;
    private final int[] alphabet;
    private final Totals totals;
    private final StringBuilder text = new StringBuilder();
    private LoadConnection connection;
    private LoadRequest request;
    private String whole = "";
    private String ticket = "";
    private Fate fate = Fate.READ;
    private int turningPoint;
    private boolean cancelled;
    private boolean over;
    private long heard = System.nanoTime();

    LoadSoak(LoadServer server, SplittableRandom random, int[] alphabet, Totals totals) {
        this.server = server;
        this.random = random;
        this.alphabet = alphabet;
        this.totals = totals;
    }

    /// Connects and asks for something new.
    void begin() {
        whole = "";
        request = LoadRequest.random(random, alphabet);
        fate = Fate.READ;
        reconnect(request.create());
    }

    /// @param longestSilence who has heard nothing for longer was forgotten
    void end(Duration longestSilence) {
        over = true;
        var silence = Duration.ofNanos(System.nanoTime() - heard);
        if (silence.compareTo(longestSilence) > 0) {
            totals.errors++;
            totals.wrong("a visitor had heard nothing for " + silence.toSeconds() + " s");
        }
        if (connection != null) {
            connection.close();
        }
    }

    @Override
    public void accept(LoadFrame frame) {
        heard = System.nanoTime();
        switch (frame) {
            case LoadFrame.Created created -> ticket = created.ticket();
            case LoadFrame.Delta delta -> {
                text.append(delta.text());
                totals.characters += delta.text().codePointCount(0, delta.text().length());
                int arrived = text.codePointCount(0, text.length());
                if (delta.sequenceNumber() != TEXT + arrived) {
                    differ("number " + delta.sequenceNumber() + " came with character " + arrived);
                }
                if (fate != Fate.READ && arrived >= turningPoint) {
                    turn(arrived);
                }
            }
            case LoadFrame.Done done -> {
                if (!done.text().contentEquals(text)) {
                    differ("what arrived is not the text that the server had");
                }
            }
            case LoadFrame.Ended ended -> ended(ended.sequenceNumber());
            case LoadFrame.Problem problem -> failed(problem.code() + ": " + problem.message());
            case LoadFrame.Closed closed -> failed(closed.how());
            case LoadFrame.Other _ -> {}
        }
    }

    private void turn(int arrived) {
        if (fate == Fate.CANCEL) {
            fate = Fate.READ;
            cancelled = true;
            totals.cancels++;
            connection.send(LoadRequest.event("response.cancel").toString());
            return;
        }
        fate = random.nextInt(3) == 0 ? Fate.LOSE : Fate.READ; // it may be lost again
        turningPoint = arrived + random.nextInt(1, 100);
        totals.resumes++;
        if (random.nextBoolean()) {
            connection.cut();
        } else {
            connection.close();
        }
        var resume = LoadRequest.event("response.resume").put("ticket", ticket).put("starting_after", TEXT + arrived);
        if (random.nextBoolean()) {
            resume.put("text", text.toString());
        }
        reconnect(resume.toString());
    }

    private void ended(long number) {
        totals.texts++;
        int arrived = text.codePointCount(0, text.length());
        if ((!cancelled || number > TEXT + arrived) && arrived != request.outputTokens()) {
            differ("a text was told to be whole with " + arrived + " characters of " + request.outputTokens());
        }
        if (whole.isEmpty()) {
            whole = text.toString();
            text.setLength(0);
            cancelled = false;
            fate = random.nextInt(3) == 0 ? Fate.CANCEL : Fate.LOSE;
            turningPoint = random.nextInt(1, request.outputTokens());
            connection.send(request.create());
            return;
        }
        boolean same = cancelled ? whole.startsWith(text.toString()) : whole.contentEquals(text);
        if (!same) {
            differ("a text is different the second time, " + (cancelled ? "cancelled" : "resumed"));
        }
        text.setLength(0);
        connection.close();
        begin();
    }

    private void reconnect(String frame) {
        server.connect(this)
                .onSuccess(opened -> {
                    connection = opened;
                    if (over) {
                        opened.close();
                    } else {
                        opened.send(frame);
                    }
                })
                .onFailure(error -> failed("no connection: " + error.getMessage()));
    }

    private void differ(String sentence) {
        totals.different++;
        totals.wrong(sentence);
    }

    private void failed(String sentence) {
        if (over) {
            return;
        }
        totals.errors++;
        totals.wrong(sentence);
        text.setLength(0);
        if (connection != null) {
            connection.close();
        }
        server.later(PAUSE_AFTER_ERROR, () -> {
            if (!over) {
                begin();
            }
        });
    }
}
