package tinylm.web;

import tinylm.session.Refusal;
import tinylm.session.ResponseRequest;
import tinylm.session.ResumeRequest;

/// What a frame from a client says.
sealed interface ClientEvent {

    record Create(ResponseRequest request) implements ClientEvent {}

    record Resume(ResumeRequest request) implements ClientEvent {}

    /// Cancels whatever is running.
    record Cancel() implements ClientEvent {}

    record CancelOne(String responseId) implements ClientEvent {}

    /// Nothing that can be understood.
    record Invalid(Refusal refusal) implements ClientEvent {}
}
