package tinylm.runs;

import java.time.Instant;
import java.util.Optional;
import tinylm.text.CorpusSurvey;

/// A text that runs can learn, whether it is on the disk or not.
///
/// @param id the catalog's name, or an uploaded text's SHA-256
/// @param about what it is, in a line; empty for an uploaded text
/// @param characters its length in code points
/// @param alphabet its distinct characters, ascending; absent while it was never on the disk
/// @param createdAt when it was uploaded
public record CorpusInfo(
        String id,
        String name,
        String about,
        Source source,
        String sha256,
        long bytes,
        long characters,
        Optional<String> alphabet,
        Optional<Instant> createdAt,
        Presence presence) {

    /// Where a text comes from.
    public enum Source {
        /// Named in the catalog, and downloaded.
        CATALOG,
        /// Comes with the project.
        OWN,
        UPLOADED
    }

    /// Whether a text can be learnt now.
    public sealed interface Presence {

        record Ready() implements Presence {}

        /// @param received bytes so far
        record Downloading(long received) implements Presence {}

        /// @param problem why the last download failed, or why it cannot be used, a sentence; empty when there is none
        record Absent(String problem) implements Presence {}
    }

    static CorpusInfo of(UploadedCorpus corpus, Presence presence) {
        var survey = corpus.survey();
        return new CorpusInfo(
                survey.sha256(),
                corpus.name(),
                "",
                Source.UPLOADED,
                survey.sha256(),
                survey.bytes(),
                survey.characters(),
                Optional.of(survey.alphabet()),
                Optional.of(corpus.createdAt()),
                presence);
    }

    public long trainCharacters() {
        return CorpusSurvey.trainCharacters(characters);
    }
}
