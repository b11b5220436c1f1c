package tinylm.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/// What a client under load hears. Only the outermost fields of a frame are read, in one pass: the client shares its
/// cores with the server that it measures.
sealed interface LoadFrame {

    /// @param ticket empty when the server sent none
    record Created(String ticket) implements LoadFrame {}

    record Delta(long sequenceNumber, String text) implements LoadFrame {}

    /// @param text the whole completion, as the server has it
    record Done(String text) implements LoadFrame {}

    /// The last frame of a response that was carried out or cancelled; behind a whole text its number goes on.
    record Ended(long sequenceNumber) implements LoadFrame {}

    /// A refusal or a failure.
    record Problem(String code, String message) implements LoadFrame {}

    record Other() implements LoadFrame {}

    /// No frame: the connection ended, and not by us.
    record Closed(String how) implements LoadFrame {}

    JsonFactory JSON = new JsonFactory();

    static LoadFrame parse(String frame) {
        String type = "";
        String ticket = "";
        String text = "";
        String code = "";
        String message = "";
        long sequenceNumber = -1;
        try (JsonParser json = JSON.createParser(frame)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "type" -> type = json.getText();
                    case "sequence_number" -> sequenceNumber = json.getValueAsLong();
                    case "ticket" -> ticket = json.getText();
                    case "delta", "text" -> text = json.getText();
                    case "error" -> {
                        while (json.nextToken() == JsonToken.FIELD_NAME) {
                            String field = json.currentName();
                            json.nextToken();
                            switch (field) {
                                case "code" -> code = json.getText();
                                case "message" -> message = json.getText();
                                default -> json.skipChildren();
                            }
                        }
                    }
                    default -> json.skipChildren();
                }
            }
        } catch (IOException e) {
            return new Problem("unreadable", "a frame could not be read: " + e.getMessage());
        }
        return switch (type) {
            case "response.created" -> new Created(ticket);
            case "response.output_text.delta" -> new Delta(sequenceNumber, text);
            case "response.output_text.done" -> new Done(text);
            case "response.completed", "response.incomplete" -> new Ended(sequenceNumber);
            case "response.failed" -> new Problem("failed", "a response failed");
            case "error" -> new Problem(code, message);
            default -> new Other();
        };
    }
}
