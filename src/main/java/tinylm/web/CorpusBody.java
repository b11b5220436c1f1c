package tinylm.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import tinylm.runs.CorpusInfo;
import tinylm.runs.CorpusInfo.Presence;

/// A corpus as the API shows it.
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record CorpusBody(
        @Schema(description = "The name of one of the catalog's, the SHA-256 of an uploaded one")
        String id,

        String name,

        @Schema(description = "What it is, in a line") Optional<String> about,

        @Schema(description = "catalog, own (comes with the project) or uploaded")
        String source,

        @Schema(description = "Whether runs can learn it now; an ABSENT one of the catalog's can be downloaded")
        State state,

        @Schema(description = "Of its bytes, how many have been downloaded")
        Optional<Long> receivedBytes,

        @Schema(description = "Why it is ABSENT, a sentence")
        Optional<String> problem,

        String sha256,

        long bytes,

        @Schema(description = "Its length in Unicode code points")
        long characters,

        @Schema(description = "Different characters; absent while it is not on the disk")
        Optional<Integer> vocabSize,

        @Schema(description = "The different characters, ascending")
        Optional<String> alphabet,

        @Schema(description = "Characters to learn from, the first nine tenths")
        long trainCharacters,

        @Schema(description = "Characters to validate with, the rest")
        long validationCharacters,

        Optional<Instant> createdAt,

        @Schema(description = "How both parts begin; not in the list")
        Optional<Preview> preview) {

    enum State {
        READY,
        DOWNLOADING,
        ABSENT
    }

    record Preview(String train, String validation) {}

    /// @param mostBytes of an uploaded text
    record Page(List<CorpusBody> data, long mostBytes) {}

    static CorpusBody of(CorpusInfo corpus, Optional<Preview> preview) {
        return new CorpusBody(
                corpus.id(),
                corpus.name(),
                Optional.of(corpus.about()).filter(about -> !about.isEmpty()),
                corpus.source().name().toLowerCase(Locale.ROOT),
                switch (corpus.presence()) {
                    case Presence.Ready _ -> State.READY;
                    case Presence.Downloading _ -> State.DOWNLOADING;
                    case Presence.Absent _ -> State.ABSENT;
                },
                switch (corpus.presence()) {
                    case Presence.Downloading(long received) -> Optional.of(received);
                    case Presence.Ready _, Presence.Absent _ -> Optional.empty();
                },
                switch (corpus.presence()) {
                    case Presence.Absent(String problem) -> Optional.of(problem).filter(text -> !text.isEmpty());
                    case Presence.Ready _, Presence.Downloading _ -> Optional.empty();
                },
                corpus.sha256(),
                corpus.bytes(),
                corpus.characters(),
                corpus.alphabet().map(alphabet -> alphabet.codePointCount(0, alphabet.length())),
                corpus.alphabet(),
                corpus.trainCharacters(),
                corpus.characters() - corpus.trainCharacters(),
                corpus.createdAt(),
                preview);
    }
}
