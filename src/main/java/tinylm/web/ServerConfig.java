package tinylm.web;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
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

    /// How many sequences are computed at once, at most; a multiple of 4.
    @WithDefault("64")
    int slots();

    /// Threads of one operation. Absent: as many as there are cores.
    OptionalInt threads();

    /// Names by which browsers may call this server. Absent: when it listens on this machine only, `localhost` and
    /// its addresses; otherwise any.
    Optional<List<String>> allowedHosts();

    LimitsConfig limits();

    interface LimitsConfig {
        @WithDefault("20000")
        int promptCharacters();

        @WithDefault("10000")
        int outputTokens();

        @WithDefault("200000")
        int textCharacters();

        @WithDefault("4")
        int stops();

        @WithDefault("100")
        int stopCharacters();

        default Limits limits() {
            return new Limits(promptCharacters(), outputTokens(), textCharacters(), stops(), stopCharacters());
        }
    }
}
