package tinylm.web;

/// Reads the frames of a socket.
final class ClientEventDecoder {

    private final RequestReader requests;

    ClientEventDecoder(RequestReader requests) {
        this.requests = requests;
    }

    ClientEvent decode(String frame) {
        try {
            var event = JsonFields.parse(frame);
            var type = event.required("type", event.text("type"));
            return switch (type) {
                case "response.create" -> new ClientEvent.Create(requests.response(event));
                case "response.resume" -> new ClientEvent.Resume(requests.resume(event));
                case "response.cancel" ->
                    event.text("response_id")
                            .<ClientEvent>map(ClientEvent.CancelOne::new)
                            .orElseGet(ClientEvent.Cancel::new);
                default ->
                    throw new RequestRefused(
                            "type", "type must be response.create, response.resume or response.cancel.");
            };
        } catch (RequestRefused e) {
            return new ClientEvent.Invalid(e.refusal());
        }
    }
}
