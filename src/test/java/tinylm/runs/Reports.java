package tinylm.runs;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What a worker at its fifth step reports.
final class Reports {

    private Reports() {}

    static Report of(Report.Phase phase, String sentence) {
        return new Report(
                phase,
                sentence,
                5,
                0,
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                OptionalLong.empty());
    }
}
