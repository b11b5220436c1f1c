package tinylm.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import tinylm.inference.Engine;
import tinylm.inference.Generation;
import tinylm.inference.GenerationRequest;
import tinylm.inference.Lease;
import tinylm.text.CharTokenizer;
import tinylm.text.StreamDecoder;
import tinylm.text.UnknownCharacterException;

/// One visitor: the texts of the last responses, and the lease of a slot that still holds the newest. One response
/// at a time. Any thread.
public final class Session implements AutoCloseable {

    private static final int REMEMBERED = 16;

    private final Engine engine;
    private final CharTokenizer tokenizer;
    private final Limits limits;
    private final Lease lease = new Lease();
    private final Map<String, Text> texts = new LinkedHashMap<>();
    private Optional<String> runningId = Optional.empty();
    private Generation running = () -> {};

    public Session(Engine engine, CharTokenizer tokenizer, Limits limits) {
        this.engine = engine;
        this.tokenizer = tokenizer;
        this.limits = limits;
    }

    /// Starts a response, or says why not; only in the first case the listener hears anything.
    public synchronized Optional<Refusal> create(ResponseRequest request, Consumer<ResponseEvent> listener) {
        try {
            var text = text(request);
            var stop = stop(request);
            var id = "resp_" + UUID.randomUUID().toString().replace("-", "");
            var completion = new Completion(
                    new StreamDecoder(tokenizer), listener, ids -> remember(id, text.withCompletion(ids)), this::ended);
            runningId = Optional.of(id);
            listener.accept(new ResponseEvent.Created(id, request));
            running = engine.submit(
                    new GenerationRequest(text.ids(), text.continued(), stop, request.parameters(), lease), completion);
            return Optional.empty();
        } catch (RefusedException e) {
            return Optional.of(e.refusal());
        }
    }

    /// Ends the running response within a step; without effect when there is none.
    public synchronized void cancel() {
        running.cancel();
    }

    /// Ends the response of this id within a step, unless it has ended already.
    public synchronized void cancel(String responseId) {
        if (runningId.filter(responseId::equals).isPresent()) {
            running.cancel();
        }
    }

    /// Ends the running response and gives the slot back.
    @Override
    public synchronized void close() {
        running.cancel();
        lease.close();
    }

    private Text text(ResponseRequest request) throws RefusedException {
        if (runningId.isPresent()) {
            throw new RefusedException(
                    "response_in_progress", "A response is in progress: cancel it or wait until it has ended.", "type");
        }
        within(limits.outputTokens(), request.parameters().maxTokens(), "max_output_tokens", "invalid_value");
        int length = request.input().codePointCount(0, request.input().length());
        within(limits.promptCharacters(), length, "input", "prompt_too_long");
        var text = previous(request).withPrompt(encode(request.input(), "input"));
        within(limits.textCharacters(), text.ids().length, "previous_response_id", "text_too_long");
        if (text.ids().length == 0) {
            throw new RefusedException(
                    "empty_input", "input must have at least one character for the model to go on from.", "input");
        }
        return text;
    }

    private Text previous(ResponseRequest request) throws RefusedException {
        if (request.previousResponseId().isEmpty()) {
            return Text.EMPTY;
        }
        var previous = texts.get(request.previousResponseId().get());
        if (previous == null) {
            throw new RefusedException(
                    "unknown_response",
                    "previous_response_id must be one of the last " + REMEMBERED
                            + " responses of this connection; otherwise send the text as input.",
                    "previous_response_id");
        }
        return previous;
    }

    private List<int[]> stop(ResponseRequest request) throws RefusedException {
        var stop = new ArrayList<int[]>();
        if (request.stop().size() > limits.stops()) {
            throw new RefusedException(
                    "invalid_value",
                    "stop must have at most " + limits.stops() + " strings, but has "
                            + request.stop().size() + ".",
                    "stop");
        }
        for (var string : request.stop()) {
            var ids = encode(string, "stop");
            if (ids.length < 1 || ids.length > limits.stopCharacters()) {
                throw new RefusedException(
                        "invalid_value",
                        "stop strings must have 1 to " + limits.stopCharacters() + " characters, but one has "
                                + ids.length + ".",
                        "stop");
            }
            stop.add(ids);
        }
        return stop;
    }

    private int[] encode(String text, String param) throws RefusedException {
        try {
            return tokenizer.encode(text);
        } catch (UnknownCharacterException e) {
            throw new RefusedException("unknown_characters", e.getMessage(), param);
        }
    }

    private static void within(int limit, int actual, String param, String code) throws RefusedException {
        if (actual > limit) {
            throw new RefusedException(
                    code,
                    "The limit of " + param + " is " + limit + " characters, but these are " + actual + ".",
                    param);
        }
    }

    private synchronized void remember(String id, Text text) {
        texts.put(id, text);
        if (texts.size() > REMEMBERED) {
            texts.remove(texts.keySet().iterator().next());
        }
        ended();
    }

    private synchronized void ended() {
        runningId = Optional.empty();
        running = () -> {};
    }
}
