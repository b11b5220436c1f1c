package tinylm.web;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import tinylm.session.Refusal;
import tinylm.session.ResponseEvent;
import tinylm.session.Session;

/// One open connection: its session and its way back.
final class Visitor implements AutoCloseable {

    private final ClientEventDecoder decoder;
    private final Session session;
    private final ResponseStream stream;
    private final ResponseWatch watch;
    private final Consumer<ResponseEvent> watched;
    private final Outbox outbox;
    private final Supplier<Optional<Refusal>> budget;

    /// @param budget counts one more response, and may refuse it
    Visitor(
            ClientEventDecoder decoder,
            Session session,
            ResponseStream stream,
            Outbox outbox,
            ResponseWatch watch,
            Caller caller,
            Supplier<Optional<Refusal>> budget) {
        this.decoder = decoder;
        this.session = session;
        this.stream = stream;
        this.outbox = outbox;
        this.budget = budget;
        this.watch = watch;
        this.watched = watch.on(caller, stream);
    }

    void hear(String frame) {
        switch (decoder.decode(frame)) {
            case ClientEvent.Create create ->
                budget.get()
                        .or(() -> watch.counted(session.create(create.request(), watched)))
                        .ifPresent(stream::refuse);
            case ClientEvent.Resume resume ->
                budget.get()
                        .or(() -> watch.counted(session.resume(resume.request(), watched)))
                        .ifPresent(stream::refuse);
            case ClientEvent.Cancel cancel -> session.cancel();
            case ClientEvent.CancelOne cancel -> session.cancel(cancel.responseId());
            case ClientEvent.Invalid invalid -> stream.refuse(invalid.refusal());
        }
    }

    @Override
    public void close() {
        session.close();
        outbox.close();
    }
}
