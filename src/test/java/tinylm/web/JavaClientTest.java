package tinylm.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.RequestOptions;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStreamEvent;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The official Java client, unmodified, holding every answer against OpenAI's schema.
@QuarkusTest
class JavaClientTest {

    private static final String MODEL = "tinylm-babble";

    @TestHTTPResource("/v1")
    URI server;

    private OpenAIClient client;

    @BeforeEach
    void connect() {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(server.toString())
                .apiKey("none")
                .maxRetries(0)
                .responseValidation(true)
                .build();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void models_are_listed_and_retrieved() {
        assertEquals(MODEL, client.models().list().data().getFirst().id());
        assertEquals(1767225600, client.models().retrieve(MODEL).created());
        var unknown =
                assertThrows(NotFoundException.class, () -> client.models().retrieve("other"));
        assertEquals("model_not_found", unknown.code().orElseThrow());
    }

    @Test
    void a_completion_is_the_same_streamed_or_not() {
        var request = CompletionCreateParams.builder()
                .model(MODEL)
                .prompt("MIRA:")
                .maxTokens(50)
                .seed(3)
                .logprobs(2)
                .putAdditionalBodyProperty("top_k", JsonValue.from(20))
                .build();
        var whole = client.completions().create(request);
        var choice = whole.choices().getFirst();
        assertEquals(50, choice.text().length());
        assertEquals("length", choice.finishReason().asString());
        assertEquals(55, whole.usage().orElseThrow().totalTokens());
        assertEquals(
                choice.text(),
                String.join("", choice.logprobs().orElseThrow().tokens().orElseThrow()));
        // OpenAI's own service has null as finish_reason until the end too, which its schema does not allow
        var lenient = RequestOptions.builder().responseValidation(false).build();
        try (var stream = client.completions().createStreaming(request, lenient)) {
            var text = stream.stream()
                    .map(chunk -> chunk.choices().getFirst().text())
                    .collect(Collectors.joining());
            assertEquals(choice.text(), text);
        }
    }

    @Test
    void a_response_is_the_same_streamed_or_not_and_goes_on_when_it_was_lost() {
        var request = ResponseCreateParams.builder()
                .model(MODEL)
                .input("MIRA:")
                .maxOutputTokens(120)
                .topLogprobs(3)
                .putAdditionalBodyProperty("seed", JsonValue.from(11))
                .build();
        var whole = text(client.responses().create(request));
        assertEquals(120, whole.length());
        List<ResponseStreamEvent> events;
        var accumulator = ResponseAccumulator.create();
        try (var stream = client.responses().createStreaming(request)) {
            events = stream.stream().peek(accumulator::accumulate).toList();
        }
        assertEquals(whole, text(events));
        assertEquals(whole, text(accumulator.response()));
        var created = events.getFirst().asCreated();
        var delta = events.stream()
                .filter(ResponseStreamEvent::isOutputTextDelta)
                .findFirst()
                .orElseThrow();
        var lost = ResponseRetrieveParams.builder()
                .responseId(created.response().id())
                .startingAfter(delta.asOutputTextDelta().sequenceNumber())
                .putAdditionalQueryParam(
                        "ticket", created._additionalProperties().get("ticket").convert(String.class))
                .build();
        try (var stream = client.responses().retrieveStreaming(lost)) {
            assertEquals(
                    whole,
                    delta.asOutputTextDelta().delta() + text(stream.stream().toList()));
        }
    }

    @Test
    void an_error_carries_our_sentence_and_names_the_field() {
        var refused = assertThrows(
                BadRequestException.class,
                () -> client.completions()
                        .create(CompletionCreateParams.builder()
                                .model(MODEL)
                                .prompt("a")
                                .topP(7)
                                .build()));
        assertEquals("top_p", refused.param().orElseThrow());
        assertEquals("invalid_value", refused.code().orElseThrow());
        assertTrue(refused.getMessage().contains("top_p must be above 0 and at most 1"), refused.getMessage());
    }

    private static String text(Response response) {
        return response.output()
                .getFirst()
                .asMessage()
                .content()
                .getFirst()
                .asOutputText()
                .text();
    }

    private static String text(List<ResponseStreamEvent> events) {
        return events.stream()
                .filter(ResponseStreamEvent::isOutputTextDelta)
                .map(event -> event.asOutputTextDelta().delta())
                .collect(Collectors.joining());
    }
}
