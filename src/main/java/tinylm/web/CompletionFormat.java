package tinylm.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Says in the words of OpenAI's completions API what became of one request. One thread at a time.
final class CompletionFormat {

    private static final String DONE = "data: [DONE]";

    private final CompletionRequest request;
    private final Optional<String> model;
    private final String fingerprint;
    private final Function<Object, String> json;
    private ResponseBody response;
    private int offset;

    /// @param model as the request named it
    /// @param fingerprint of how this machine computes
    CompletionFormat(
            CompletionRequest request, Optional<String> model, String fingerprint, Function<Object, String> json) {
        this.request = request;
        this.model = model;
        this.fingerprint = fingerprint;
        this.json = json;
        offset = request.response()
                .input()
                .codePointCount(0, request.response().input().length());
    }

    CompletionBody whole(ResponseBody ended, List<ServerEvent.Logprob> logprobs) {
        var choice = choice(echo() + ended.text(), logprobs, Optional.of(finishReason(ended)));
        return body(ended, List.of(choice), ended.usage());
    }

    /// The server-sent events that a frame becomes. Who waits is told his place in a comment, which clients skip.
    Stream<String> chunks(ServerEvent event) {
        return switch (event) {
            case ServerEvent.ResponseChanged changed -> changed(changed);
            case ServerEvent.TextDelta delta -> Stream.of(chunk(delta.delta(), delta.logprobs(), Optional.empty()));
            case ServerEvent.ItemChanged _, ServerEvent.PartChanged _, ServerEvent.TextDone _, ServerEvent.Failure _ ->
                Stream.empty();
        };
    }

    private Stream<String> changed(ServerEvent.ResponseChanged changed) {
        response = changed.response();
        return switch (changed.type()) {
            case "response.created" ->
                echo().isEmpty() ? Stream.empty() : Stream.of(chunk(echo(), List.of(), Optional.empty()));
            case "response.queued" ->
                Stream.of(": queue_position " + changed.queuePosition().orElseThrow());
            case "response.completed", "response.incomplete", "response.failed" -> ending();
            default -> Stream.empty();
        };
    }

    private record Failed(ServerEvent.Problem error) {}

    private Stream<String> ending() {
        var problem = response.error();
        if (problem.isPresent()) {
            return Stream.of(data(new Failed(problem.get())), DONE);
        }
        var last = chunk("", List.of(), Optional.of(finishReason(response)));
        var usage = data(body(response, List.of(), response.usage()));
        return request.usage() ? Stream.of(last, usage, DONE) : Stream.of(last, DONE);
    }

    private String echo() {
        return request.echo() ? request.response().input() : "";
    }

    private String chunk(String text, List<ServerEvent.Logprob> logprobs, Optional<String> finishReason) {
        return data(body(response, List.of(choice(text, logprobs, finishReason)), Optional.empty()));
    }

    private CompletionBody.Choice choice(
            String text, List<ServerEvent.Logprob> logprobs, Optional<String> finishReason) {
        var told = request.response().topLogprobs().isPresent()
                ? Optional.of(logprobs(logprobs))
                : Optional.<CompletionBody.Logprobs>empty();
        return new CompletionBody.Choice(text, 0, told, finishReason);
    }

    private CompletionBody.Logprobs logprobs(List<ServerEvent.Logprob> logprobs) {
        var offsets = new ArrayList<Integer>();
        var top = new ArrayList<Map<String, Double>>();
        for (var logprob : logprobs) {
            offsets.add(offset++);
            var likeliest = new LinkedHashMap<String, Double>();
            logprob.topLogprobs().forEach(other -> likeliest.put(other.token(), other.logprob()));
            likeliest.put(logprob.token(), logprob.logprob());
            top.add(likeliest);
        }
        return new CompletionBody.Logprobs(
                logprobs.stream().map(ServerEvent.Logprob::token).toList(),
                logprobs.stream().map(ServerEvent.Logprob::logprob).toList(),
                top,
                offsets);
    }

    private CompletionBody body(
            ResponseBody of, List<CompletionBody.Choice> choices, Optional<ResponseBody.Usage> usage) {
        return new CompletionBody(
                of.id().replaceFirst("^resp_", "cmpl-"),
                "text_completion",
                of.createdAt(),
                model.orElse(of.model()),
                choices,
                usage.map(CompletionBody.Usage::of),
                of.seed(),
                fingerprint);
    }

    private static String finishReason(ResponseBody ended) {
        return ended.status().equals("completed") ? "stop" : "length";
    }

    private String data(Object value) {
        return "data: " + json.apply(value);
    }
}
