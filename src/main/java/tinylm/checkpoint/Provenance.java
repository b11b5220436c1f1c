package tinylm.checkpoint;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Where weights come from and how good they are.
///
/// @param step optimizer updates behind the weights
/// @param trainLoss nats per character, mean of the latest steps; NaN when it was not measured
/// @param trainLossSteps how many steps; 0 when it is not known
/// @param validationLoss nats per character by `protocol`; NaN when it was not measured
/// @param protocol how `validationLoss` was measured, as `val-full-256`
/// @param trainingConfig options of the run, as JSON can hold them
/// @param codeVersion version of the code that trained
public record Provenance(
        long step,
        double trainLoss,
        long trainLossSteps,
        double validationLoss,
        String protocol,
        Map<String, Object> trainingConfig,
        long seed,
        CorpusReference corpus,
        String codeVersion,
        Instant created) {

    /// The text that was learnt.
    ///
    /// @param sha256 of its bytes, lower-case hex
    public record CorpusReference(String name, String sha256) {
        public CorpusReference {
            if (name.isBlank() || !Sha256.isOne(sha256)) {
                throw new IllegalArgumentException("A corpus needs a name and a SHA-256 of 64 lower-case hex digits, "
                        + "but has \"" + name + "\" and \"" + sha256 + "\"");
            }
        }
    }

    public Provenance {
        if (step < 0 || step > 999_999_999) {
            throw new IllegalArgumentException("step must be from 0 to 999999999, but is " + step);
        }
        if (trainLossSteps < 0 || trainLossSteps > step) {
            throw new IllegalArgumentException(
                    "trainLossSteps must be from 0 to step, " + step + ", but is " + trainLossSteps);
        }
        if (Double.isInfinite(trainLoss) || Double.isInfinite(validationLoss)) {
            throw new IllegalArgumentException(
                    "Losses must be finite, or NaN for unmeasured, but are " + trainLoss + " and " + validationLoss);
        }
        if (protocol.isBlank() || codeVersion.isBlank() || corpus == null || created == null) {
            throw new IllegalArgumentException("protocol, codeVersion, corpus and created must be given");
        }
        trainingConfig = Collections.unmodifiableMap(new LinkedHashMap<>(trainingConfig));
    }
}
