package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import tinylm.inference.FinishReason;
import tinylm.inference.SamplingParameters;
import tinylm.session.ResponseEvent;
import tinylm.session.ResponseRequest;

class CompletionFormatTest {

    private final ResponseRequest request = new ResponseRequest(
            "abc", SamplingParameters.defaults(7), List.of(), Optional.empty(), OptionalInt.empty());
    private final ResponseBody begun = ResponseBody.of("resp_1", Instant.EPOCH, "tiny", request);
    private final CompletionFormat format = new CompletionFormat(
            new CompletionRequest(request, false, true, false),
            Optional.empty(),
            "print",
            value -> value.getClass().getSimpleName());

    @Test
    void an_ended_completion_has_a_last_chunk_and_one_that_broke_an_error() {
        assertEquals(List.of("data: CompletionBody", "data: [DONE]"), chunks(ended(FinishReason.STOP)));
        assertEquals(List.of("data: CompletionBody", "data: [DONE]"), chunks(ended(FinishReason.LENGTH)));
        assertEquals(
                List.of("data: Failed", "data: [DONE]"),
                chunks(begun.failed(new ResponseEvent.Failed("server_error", "It broke."))));
    }

    @Test
    void who_waits_is_told_his_place_in_a_comment() {
        var waiting = new ServerEvent.ResponseChanged(
                "response.queued", 1, begun.queued(), Optional.empty(), OptionalInt.of(3));
        assertEquals(List.of(": queue_position 3"), format.chunks(waiting).toList());
    }

    @Test
    void what_the_server_cut_short_is_no_answer() {
        var cut = new ResponseEvent.Ended(FinishReason.CANCELLED, "xy", 3, 0, 2, Duration.ofSeconds(1));
        var told = assertInstanceOf(ResponseEvent.Failed.class, HttpResponses.told(cut));
        assertEquals("shutting_down", told.code());
        assertEquals(List.of("data: Failed", "data: [DONE]"), chunks(begun.failed(told)));
    }

    private ResponseBody ended(FinishReason reason) {
        return begun.ended(new ResponseEvent.Ended(reason, "xy", 3, 0, 2, Duration.ofSeconds(1)), 0);
    }

    private List<String> chunks(ResponseBody body) {
        var type = body.status().equals("completed")
                ? "completed"
                : body.status().equals("failed") ? "failed" : "incomplete";
        return format.chunks(new ServerEvent.ResponseChanged(
                        "response." + type, 1006, body, Optional.empty(), OptionalInt.empty()))
                .toList();
    }
}
