package tinylm.runs;

import java.nio.file.Path;
import tinylm.training.TrainingConfig;

/// What a worker is to do, in the file `job.json` of the run's folder.
///
/// @param corpus the text's file
/// @param seconds of training before this worker
public record Job(String run, TrainingConfig config, Path corpus, String corpusSha256, double seconds) {

    public static final String FILE = "job.json";

    /// The environment variables that tell a worker where to report, and that it may.
    public static final String SERVER = "TINYLM_SERVER";

    public static final String TOKEN = "TINYLM_RUN_TOKEN";

    /// The header that carries the token.
    public static final String TOKEN_HEADER = "Tinylm-Run-Token";
}
