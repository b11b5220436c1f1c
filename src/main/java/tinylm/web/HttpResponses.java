package tinylm.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tinylm.inference.FinishReason;
import tinylm.inference.ModelCache;
import tinylm.inference.Models;
import tinylm.session.Limits;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;
import tinylm.session.ResponseRequest;
import tinylm.session.Session;
import tinylm.session.Tickets;

/// Carries responses over HTTP, as one JSON body or as server-sent events. Every request has a session of its own that
/// ends with it: a client that goes away frees its slot within a step. Nothing here blocks or has a thread.
@Singleton
final class HttpResponses {

    private static final Set<String> LAST = Set.of("response.completed", "response.incomplete", "response.failed");
    private static final ResponseEvent.Failed CUT_SHORT = new ResponseEvent.Failed(
            "shutting_down", "The server is shutting down. Please try again in a few seconds.");

    private final Models models;
    private final Limits limits;
    private final Tickets tickets;
    private final ObjectMapper json;
    private final Timers timers;
    private final ResponseWatch watch;
    private final Drain drain;
    private final CurrentVertxRequest current;
    private final int mostWaiting;
    private final KeptProbabilities probabilities;

    HttpResponses(
            Models models,
            Limits limits,
            Tickets tickets,
            ObjectMapper json,
            Timers timers,
            ResponseWatch watch,
            Drain drain,
            CurrentVertxRequest current,
            KeptProbabilities probabilities,
            ServerConfig config) {
        this.models = models;
        this.limits = limits;
        this.tickets = tickets;
        this.json = json;
        this.timers = timers;
        this.watch = watch;
        this.drain = drain;
        this.current = current;
        this.mostWaiting = config.limits().bufferedCharacters();
        this.probabilities = probabilities;
    }

    /// What is wanted of the session.
    @FunctionalInterface
    interface Wish {
        Optional<Refusal> of(Session session, Consumer<ResponseEvent> listener);
    }

    /// Answers once the response has ended.
    ///
    /// @param use of the model; ends with the answer
    /// @param body what to say about it and the probabilities of its characters
    Uni<Response> whole(
            ModelCache.Use use, Wish wish, BiFunction<ResponseBody, List<ServerEvent.Logprob>, Object> body) {
        var caller = caller();
        var share = probabilities.share();
        Uni<Supplier<Response>> answer = Uni.createFrom().emitter(emitter -> {
            var session = new Session(use.models(), limits, tickets);
            var ending = drain.cancelWhenTimeIsUp(session::cancel);
            emitter.onTermination(() -> {
                ending.close();
                session.close();
                use.close();
                share.close();
            });
            var logprobs = new ArrayList<ServerEvent.Logprob>();
            Consumer<ServerEvent> frames = event -> {
                if (event instanceof ServerEvent.TextDelta delta) {
                    logprobs.addAll(delta.logprobs());
                }
                ended(event)
                        .ifPresent(response -> complete(
                                emitter,
                                () -> response.error()
                                        .map(HttpResponses::failed)
                                        .orElseGet(() -> ok(body.apply(response, logprobs)))));
            };
            // nobody waits for the deltas: the last event flushes them
            var stream = new ResponseStream(InstantSource.system(), (_, _) -> {}, frames, () -> false);
            var tooMany = new AtomicReference<Problem>();
            Consumer<ResponseEvent> listener = event -> {
                request(event)
                        .filter(wanted -> !share.take(wanted))
                        .ifPresent(wanted -> tooMany.set(share.tooMany(wanted)));
                stream.accept(told(event));
            };
            watch.counted(wish.of(session, watch.on(caller, listener)))
                    .map(Problem::of)
                    .or(() -> Optional.ofNullable(tooMany.get())) // only now: the session can be closed
                    .ifPresent(problem -> complete(emitter, problem::toResponse));
        });
        // a long answer takes time to write, and the engine has no time
        return answer.emitOn(Infrastructure.getDefaultWorkerPool()).map(Supplier::get);
    }

    private static void complete(UniEmitter<? super Supplier<Response>> emitter, Supplier<Response> answer) {
        emitter.complete(answer);
    }

    /// What was asked, when this says so.
    private static Optional<ResponseRequest> request(ResponseEvent event) {
        return switch (event) {
            case ResponseEvent.Created created -> Optional.of(created.request());
            case ResponseEvent.Resumed again -> Optional.of(again.request());
            default -> Optional.empty();
        };
    }

    /// Answers with events as they come; the result is empty and comes when all was sent.
    ///
    /// @param use of the model; ends with the answer
    /// @param events the server-sent events that a frame becomes, each without the empty line that ends it
    Uni<Response> streamed(
            ModelCache.Use use, Wish wish, HttpServerRequest request, Function<ServerEvent, Stream<String>> events) {
        var caller = caller();
        return Uni.createFrom().emitter(emitter -> {
            var session = new Session(use.models(), limits, tickets);
            var reader = new SseReader(request, mostWaiting, () -> emitter.complete(null));
            var ending = drain.cancelWhenTimeIsUp(session::cancel);
            emitter.onTermination(() -> {
                ending.close();
                session.close();
                use.close();
                reader.close();
            });
            Consumer<ServerEvent> frames = event -> {
                events.apply(event).forEach(reader::send);
                ended(event).ifPresent(_ -> reader.end());
            };
            var stream = new ResponseStream(InstantSource.system(), timers, frames, reader::isBehind);
            watch.counted(wish.of(session, watch.on(caller, event -> stream.accept(told(event)))))
                    .ifPresent(refusal -> emitter.complete(Problem.of(refusal).toResponse()));
        });
    }

    /// The model that answers. Refuses a request for another one; one that names none gets what there is.
    ModelCache.Use model(JsonFields fields) throws RequestRefused {
        var wanted = fields.text("model");
        var name = ModelInfo.of(models.current().checkpoint()).name();
        if (wanted.isPresent() && !wanted.get().equals(name)) {
            throw new RequestRefused(ModelsResource.unknown(name));
        }
        return model();
    }

    ModelCache.Use model() {
        return ModelCache.Use.of(models);
    }

    String write(Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Caller caller() {
        var context = current.getCurrent();
        var key = context.user() instanceof QuarkusHttpUser known
                ? known.getSecurityIdentity().getPrincipal().getName()
                : "";
        return new Caller(context.request().remoteAddress().hostAddress(), key);
    }

    private static Optional<ResponseBody> ended(ServerEvent event) {
        return event instanceof ServerEvent.ResponseChanged changed && LAST.contains(changed.type())
                ? Optional.of(changed.response())
                : Optional.empty();
    }

    /// Whoever asked is still there, so only the server's end can have cancelled a response.
    static ResponseEvent told(ResponseEvent event) {
        return event instanceof ResponseEvent.Ended ended && ended.reason() == FinishReason.CANCELLED
                ? CUT_SHORT
                : event;
    }

    private Response ok(Object body) {
        return Response.ok(write(body), MediaType.APPLICATION_JSON_TYPE).build();
    }

    private static Response failed(ServerEvent.Problem problem) {
        var told = switch (problem.code()) {
            case "shutting_down" ->
                Problem.of(new Refusal(Refusal.Kind.UNAVAILABLE, problem.code(), problem.message(), ""));
            case "text_mismatch" -> new Problem(400, problem.code(), problem.message());
            default -> new Problem(500, problem.code(), problem.message());
        };
        return told.toResponse();
    }
}
