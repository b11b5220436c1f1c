package tinylm.cli;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/// Asks again, one request after the other, what was answered under load: a completion is a function of its request,
/// so every text must be the same. Event loop only, but for `differences`.
final class LoadCheck implements Consumer<LoadFrame> {

    private final Deque<LoadStream.Answer> answers;
    private final CompletableFuture<Integer> result = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private LoadConnection connection;
    private int different;

    private LoadCheck(Collection<LoadStream.Answer> answers) {
        this.answers = new ArrayDeque<>(answers);
    }

    /// How many of the texts are different when nobody else asks; any thread but the event loop.
    ///
    /// @throws java.util.concurrent.CompletionException if a request is refused or the connection is lost
    static int differences(LoadServer server, Collection<LoadStream.Answer> answers) {
        var check = new LoadCheck(answers);
        server.connect(check)
                .onSuccess(opened -> {
                    check.connection = opened;
                    check.next();
                })
                .onFailure(check.result::completeExceptionally);
        return check.result.join();
    }

    private void next() {
        text.setLength(0);
        if (answers.isEmpty()) {
            connection.close();
            result.complete(different);
        } else {
            connection.send(answers.peek().request().create());
        }
    }

    @Override
    public void accept(LoadFrame frame) {
        switch (frame) {
            case LoadFrame.Delta delta -> text.append(delta.text());
            case LoadFrame.Ended _ -> {
                if (!answers.remove().text().contentEquals(text)) {
                    different++;
                }
                next();
            }
            case LoadFrame.Problem problem -> fail(problem.message());
            case LoadFrame.Closed closed -> fail(closed.how());
            case LoadFrame.Created _, LoadFrame.Done _, LoadFrame.Other _ -> {}
        }
    }

    private void fail(String sentence) {
        result.completeExceptionally(new IllegalStateException("a text could not be checked: " + sentence));
    }
}
