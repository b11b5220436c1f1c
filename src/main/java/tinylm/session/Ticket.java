package tinylm.session;

import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import tinylm.inference.SamplingParameters;
import tinylm.inference.Text;

/// All that a stream is a function of, so that any server with the same model can compute it again.
///
/// @param checkpoint SHA-256 of the weights
/// @param numerics fingerprint of how they were computed with
/// @param text what the completion goes on from
record Ticket(
        String id,
        Instant created,
        Instant expires,
        String checkpoint,
        String numerics,
        Text text,
        List<String> stop,
        SamplingParameters parameters,
        OptionalInt topLogprobs) {}
