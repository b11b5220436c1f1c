package tinylm.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/// What `tinylm bench --load` may be told.
final class LoadOptions {

    private static final int MOST_STREAMS = 10_000;
    private static final int MOST_IDLE = 50_000;

    @Option(
            names = "--load",
            required = true,
            description = "Measures a running server through its socket instead; the key, if it wants one, is read"
                    + " from the environment: TINYLM_KEY")
    private boolean load;

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:8080",
            description = "The server. Default: ${DEFAULT-VALUE}")
    private URI url;

    @Option(
            names = "--streams",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,64,200",
            description = "Visitors at once, one measurement for each number. Default: ${DEFAULT-VALUE}")
    private List<Integer> streams;

    @Option(
            names = "--seconds",
            defaultValue = "20",
            description = "How long each measurement takes. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(names = "--burst", description = "Measures also what happens when all ask at the same instant")
    private boolean burst;

    @Option(names = "--check", description = "Asks one request of each visitor again alone, and compares the texts")
    private boolean check;

    @Option(
            names = "--soak",
            paramLabel = "MINUTES",
            defaultValue = "0",
            description = "Instead: so long, for each number of visitors, every text twice, the second time cancelled"
                    + " or lost and resumed at random")
    private int soak;

    @Option(
            names = "--idle",
            paramLabel = "N",
            defaultValue = "0",
            description = "Opens N connections that do nothing, and says what they cost in the server's memory")
    private int idle;

    @Option(
            names = "--pid",
            description = "The server's process, for its memory. Default: what a server on this machine says itself")
    private Long pid;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Of the requests: the same seed asks the same. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "Where the alphabet of the prompts is taken from. Default: data/checkpoint")
    private Path checkpoint = Home.CHECKPOINT;

    /// @throws IllegalArgumentException with a sentence if an option makes no sense
    void validate() {
        if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
            throw new IllegalArgumentException("--url must look like http://127.0.0.1:8080, but is " + url);
        }
        streams.forEach(count -> within("--streams", count, 1, MOST_STREAMS));
        within("--seconds", seconds, 1, 86_400);
        within("--soak", soak, 0, 10_080);
        within("--idle", idle, 0, MOST_IDLE);
    }

    private static void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "%s must lie in %d..%d, but is %d".formatted(option, least, most, value));
        }
    }

    URI url() {
        return url;
    }

    List<Integer> streams() {
        return streams;
    }

    int seconds() {
        return seconds;
    }

    boolean burst() {
        return burst;
    }

    boolean check() {
        return check;
    }

    int soak() {
        return soak;
    }

    int idle() {
        return idle;
    }

    OptionalLong pid() {
        return pid == null ? OptionalLong.empty() : OptionalLong.of(pid);
    }

    long seed() {
        return seed;
    }

    Path checkpoint() {
        return checkpoint;
    }

    static Optional<String> key() {
        return Optional.ofNullable(System.getenv("TINYLM_KEY")).filter(key -> !key.isBlank());
    }
}
