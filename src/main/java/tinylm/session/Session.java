package tinylm.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import tinylm.inference.Admission;
import tinylm.inference.Generation;
import tinylm.inference.GenerationRequest;
import tinylm.inference.Lease;
import tinylm.inference.LoadedModel;
import tinylm.inference.Models;
import tinylm.inference.Text;
import tinylm.text.CharTokenizer;
import tinylm.text.UnknownCharacterException;

/// One visitor: the texts of the last responses, and the lease of a slot that still holds the newest. One response
/// at a time. Any thread.
public final class Session implements AutoCloseable {

    private static final int REMEMBERED = 16;

    private final Models models;
    private final Limits limits;
    private final Tickets tickets;
    private final Lease lease = new Lease();
    private final Map<String, Remembered> texts = new LinkedHashMap<>();
    private Optional<String> runningId = Optional.empty();
    private Generation running = () -> {};

    /// @param text in the token ids of `model`
    /// @param model SHA-256 of its weights
    private record Remembered(Text text, String model, CharTokenizer tokenizer) {}

    public Session(Models models, Limits limits, Tickets tickets) {
        this.models = models;
        this.limits = limits;
        this.tickets = tickets;
    }

    /// Starts a response, or says why not; only in the first case the listener hears anything.
    public synchronized Optional<Refusal> create(ResponseRequest request, Consumer<ResponseEvent> listener) {
        try {
            var model = models.current();
            var checkpoint = model.checkpoint();
            var ticket = new Ticket(
                    "resp_" + UUID.randomUUID().toString().replace("-", ""),
                    tickets.now(),
                    tickets.expiry(),
                    checkpoint.sha256(),
                    model.numerics(),
                    text(request, model),
                    request.stop(),
                    request.parameters(),
                    request.topLogprobs());
            var created =
                    new ResponseEvent.Created(ticket.id(), ticket.created(), checkpoint, request, tickets.sign(ticket));
            start(ticket, model, new int[0], 0, created, listener);
            return Optional.empty();
        } catch (RefusedException e) {
            return Optional.of(e.refusal());
        }
    }

    /// Goes on with a response that was begun elsewhere, or says why not; only in the first case the listener hears
    /// anything.
    public synchronized Optional<Refusal> resume(ResumeRequest request, Consumer<ResponseEvent> listener) {
        try {
            var ticket = tickets.check(request.ticket());
            var model = model(ticket);
            int sent = sent(request, ticket.parameters().maxTokens());
            var replay = replay(request, model, sent);
            // of a text that lacks only its end, the last character is computed again
            int known = Math.min(replay.length, ticket.parameters().maxTokens() - 1);
            var resumed = new ResponseEvent.Resumed(
                    ticket.id(),
                    ticket.created(),
                    model.checkpoint(),
                    new ResponseRequest("", ticket.parameters(), ticket.stop(), Optional.empty(), ticket.topLogprobs()),
                    request.startingAfter(),
                    sent);
            start(ticket, model, Arrays.copyOf(replay, known), sent, resumed, listener);
            return Optional.empty();
        } catch (RefusedException e) {
            return Optional.of(e.refusal());
        } catch (IllegalArgumentException e) {
            return Optional.of(Tickets.invalid().refusal()); // signed with our key, but not by this program
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

    /// Whether a response is running.
    public synchronized boolean isBusy() {
        return runningId.isPresent();
    }

    /// Ends the running response and gives the slot back.
    @Override
    public synchronized void close() {
        running.cancel();
        lease.close();
    }

    private void start(
            Ticket ticket,
            LoadedModel model,
            int[] replay,
            int sent,
            ResponseEvent beginning,
            Consumer<ResponseEvent> listener)
            throws RefusedException {
        if (runningId.isPresent()) {
            throw new RefusedException(
                    "response_in_progress", "A response is in progress: cancel it or wait until it has ended.", "type");
        }
        var tokenizer = model.checkpoint().tokenizer();
        int contextLength = model.checkpoint().config().contextLength();
        var stop = stop(ticket.stop(), tokenizer);
        var generation = new GenerationRequest(
                ticket.text(), stop, ticket.parameters(), ticket.topLogprobs().orElse(0), replay, lease);
        var completion = new Completion(
                beginning,
                ticket.topLogprobs().isPresent(),
                tokenizer,
                replay,
                sent,
                listener,
                drawn -> remember(
                        ticket.id(),
                        new Remembered(
                                ticket.text().withDrawn(drawn).inView(contextLength), ticket.checkpoint(), tokenizer)),
                this::ended);
        runningId = Optional.of(ticket.id()); // before it can end
        try {
            running = accepted(model.engine().submit(generation, completion));
        } catch (RefusedException | RuntimeException e) {
            ended();
            throw e;
        }
    }

    private static Generation accepted(Admission admission) throws RefusedException {
        return switch (admission) {
            case Admission.Accepted(var generation) -> generation;
            case Admission.QueueFull(int limit) ->
                throw new RefusedException(new Refusal(
                        Refusal.Kind.BUSY,
                        "queue_full",
                        "Too many people are waiting: at most " + limit
                                + " responses run or wait at once. Please try again in a few seconds.",
                        ""));
            case Admission.Closing _ ->
                throw new RefusedException(new Refusal(
                        Refusal.Kind.UNAVAILABLE,
                        "shutting_down",
                        "The server is shutting down. Please try again in a few seconds.",
                        ""));
        };
    }

    private Text text(ResponseRequest request, LoadedModel model) throws RefusedException {
        within(limits.outputTokens(), request.parameters().maxTokens(), "max_output_tokens", "invalid_value");
        int alternatives = request.topLogprobs().orElse(0);
        if (alternatives < 0 || alternatives > Limits.TOP_LOGPROBS) {
            throw new RefusedException(
                    "invalid_value",
                    "top_logprobs must be between 0 and " + Limits.TOP_LOGPROBS + ", but is " + alternatives + ".",
                    "top_logprobs");
        }
        int length = request.input().codePointCount(0, request.input().length());
        within(limits.promptCharacters(), length, "input", "prompt_too_long");
        var checkpoint = model.checkpoint();
        var text = previous(request, model).withPrompt(encode(request.input(), checkpoint.tokenizer(), "input"));
        if (text.length() == 0) {
            throw new RefusedException(
                    "empty_input", "input must have at least one character for the model to go on from.", "input");
        }
        return text.inView(checkpoint.config().contextLength());
    }

    private Text previous(ResponseRequest request, LoadedModel model) throws RefusedException {
        if (request.previousResponseId().isEmpty()) {
            return Text.EMPTY;
        }
        var previous = texts.get(request.previousResponseId().get());
        if (previous == null) {
            throw new RefusedException(new Refusal(
                    Refusal.Kind.NOT_FOUND,
                    "unknown_response",
                    "previous_response_id must be one of the last " + REMEMBERED
                            + " responses of this connection; otherwise send the text as input.",
                    "previous_response_id"));
        }
        if (previous.model().equals(model.checkpoint().sha256())) {
            return previous.text();
        }
        // another model answers now: to it this is a text like any other
        var characters = previous.tokenizer().decode(previous.text().ids());
        return Text.EMPTY.withPrompt(encode(characters, model.checkpoint().tokenizer(), "previous_response_id"));
    }

    private LoadedModel model(Ticket ticket) throws RefusedException {
        var model = models.find(ticket.checkpoint());
        if (model.isEmpty()) {
            throw new RefusedException(
                    "other_checkpoint",
                    "This stream was begun with another model (SHA-256 " + ticket.checkpoint()
                            + "), which this server does not have; please ask for the text again.",
                    "ticket");
        }
        if (!model.get().numerics().equals(ticket.numerics())) {
            throw new RefusedException(
                    "other_numerics",
                    "This stream was begun on a machine that computes differently (" + ticket.numerics() + ", here "
                            + model.get().numerics() + "), so it would go on with another text; please ask again.",
                    "ticket");
        }
        return model.get();
    }

    /// How many characters the visitor has, by the number of the last event.
    private static int sent(ResumeRequest request, int maxTokens) throws RefusedException {
        long most = ResponseEvent.TEXT + maxTokens + ResponseEvent.AFTER_TEXT;
        if (request.startingAfter() < 0 || request.startingAfter() > most) {
            throw new RefusedException(
                    "invalid_value",
                    "starting_after must be the sequence_number of an event of this stream, 0 to " + most + ", but is "
                            + request.startingAfter() + ".",
                    "starting_after");
        }
        return (int) Math.clamp(request.startingAfter() - ResponseEvent.TEXT, 0, maxTokens);
    }

    private static int[] replay(ResumeRequest request, LoadedModel model, int sent) throws RefusedException {
        if (request.text().isEmpty()) {
            return new int[0];
        }
        var replay = encode(request.text().get(), model.checkpoint().tokenizer(), "text");
        if (replay.length > sent) {
            throw new RefusedException(
                    "invalid_value",
                    "text must be what arrived until starting_after, " + sent + " characters at most, but has "
                            + replay.length + ".",
                    "text");
        }
        return replay;
    }

    private List<int[]> stop(List<String> strings, CharTokenizer tokenizer) throws RefusedException {
        if (strings.size() > limits.stops()) {
            throw new RefusedException(
                    "invalid_value",
                    "stop must have at most " + limits.stops() + " strings, but has " + strings.size() + ".",
                    "stop");
        }
        var stop = new ArrayList<int[]>();
        for (var string : strings) {
            var ids = encode(string, tokenizer, "stop");
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

    private static int[] encode(String text, CharTokenizer tokenizer, String param) throws RefusedException {
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

    private synchronized void remember(String id, Remembered text) {
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
