package tinylm.web;

/// What the page and the API say about the model that answers.
///
/// @param name the checkpoint's name
/// @param parameters number of trained values
/// @param validationLoss nats per character by `protocol`; NaN when nothing vouches for one
/// @param protocol how `validationLoss` was measured, for example `val-full-256`; empty when unknown
/// @param contextLength most characters the model looks back over
/// @param alphabet every character the model knows, in order of token id
public record ModelInfo(
        String name, long parameters, double validationLoss, String protocol, int contextLength, String alphabet) {}
