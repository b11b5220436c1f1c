package tinylm.web;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tinylm.session.Limits;

/// What an operator may set, in application.properties, the environment or the command line.
@ConfigMapping(prefix = "tinylm")
public interface ServerConfig {

    /// Directory of the model to serve.
    @WithDefault("data/checkpoint")
    Path checkpoint();

    /// Folders in which runs lie; the best checkpoint of each can be promoted.
    @WithDefault("data/runtime,data/runtime/runs")
    List<Path> runs();

    /// How many sequences are computed at once, at most. Memory is taken as they are used: of the
    /// default model 2.4 MB each.
    @WithDefault("256")
    int slots();

    /// How many sequences may wait for a slot, 0 to 900.
    @WithDefault("200")
    int queueLength();

    /// Threads that compute. Absent: as many as there are cores.
    OptionalInt threads();

    /// A text like those that the models write, by which they guess ahead from the first character on. Absent: they
    /// learn it from what they write.
    Optional<Path> example();

    /// Names by which browsers may call this server. Absent: when it listens on this machine only, `localhost` and
    /// its addresses; otherwise any.
    Optional<List<String>> allowedHosts();

    /// At least 32 bytes, the same on all servers that may go on with each other's streams. Absent: a random one.
    Optional<String> ticketKey();

    /// How long a lost stream can be resumed.
    @WithDefault("1h")
    Duration ticketLifetime();

    /// How long a replaced model stays after its last sequence, for streams that were lost just then.
    @WithDefault("30s")
    Duration swapGrace();

    /// A step that lasts longer has hung: the server says that it is not alive.
    @WithDefault("30s")
    Duration longestStep();

    /// How long requests over HTTP may go on when the server is told to stop.
    @WithDefault("10s")
    Duration drain();

    /// One line in the log for each response. Absent: when the log is JSON.
    Optional<Boolean> logResponses();

    LimitsConfig limits();

    interface LimitsConfig {
        @WithDefault("20000")
        int promptCharacters();

        @WithDefault("10000")
        int outputTokens();

        @WithDefault("4")
        int stops();

        @WithDefault("100")
        int stopCharacters();

        /// Most characters of frames that may wait for a slow reader, who is closed when there are more. A
        /// completion of `output-tokens` stands five times in its frames, so it should be at least that.
        @WithDefault("262144")
        int bufferedCharacters();

        /// Most probabilities that answers which come as a whole may keep until they end, all together: some
        /// 35 bytes each.
        @WithDefault("3000000")
        int keptProbabilities();

        default Limits limits() {
            return new Limits(promptCharacters(), outputTokens(), stops(), stopCharacters());
        }
    }
}
