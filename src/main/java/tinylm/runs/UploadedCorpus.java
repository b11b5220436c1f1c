package tinylm.runs;

import java.time.Instant;
import tinylm.text.CorpusSurvey;

/// A text that somebody uploaded, as the database holds it.
record UploadedCorpus(String name, CorpusSurvey survey, Instant createdAt) {}
