package tinylm.web;

import tinylm.checkpoint.Checkpoint;

/// What the page and the API say about a model.
///
/// @param name the checkpoint's name
/// @param parameters number of trained values
/// @param validationLoss nats per character by `protocol`; NaN when nothing vouches for one
/// @param protocol how `validationLoss` was measured, for example `val-full-256`; empty when unknown
/// @param contextLength most characters the model looks back over
/// @param alphabet every character the model knows, in order of token id
public record ModelInfo(
        String name, long parameters, double validationLoss, String protocol, int contextLength, String alphabet) {

    static ModelInfo of(Checkpoint checkpoint) {
        var provenance = checkpoint.manifest().orElseThrow().provenance();
        var alphabet = checkpoint.tokenizer().codePoints();
        return new ModelInfo(
                "tinylm-" + provenance.corpus().name(),
                checkpoint.config().parameterCount(),
                provenance.validationLoss(),
                provenance.protocol(),
                checkpoint.config().contextLength(),
                new String(alphabet, 0, alphabet.length));
    }
}
