package tinylm.web;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/// What an operator may set about managed training.
@ConfigMapping(prefix = "tinylm.training")
public interface TrainingSettings {

    /// Folder that holds a folder for each run.
    @WithDefault("${tinylm-home:.}/data/runtime/runs")
    Path directory();

    /// Where all machines find the runs and the uploaded corpora, as s3://bucket/folder; the folder above is then this
    /// machine's own. Absent: all machines see the folder above.
    Optional<String> store();

    /// Folder that holds downloaded and uploaded corpora.
    @WithDefault("${tinylm-home:.}/data/runtime")
    Path runtime();

    /// The corpora that are known by name.
    @WithDefault("${tinylm-home:.}/data/corpora.json")
    Path catalog();

    /// What starts workers.
    @WithDefault("process")
    Workers launcher();

    /// Of the Jobs, where workers are such.
    Kubernetes kubernetes();

    /// How workers are started.
    enum Workers {
        /// As processes of this machine.
        PROCESS,
        /// As Jobs of the cluster that this server runs in.
        KUBERNETES,
        /// By another server with the same database.
        NONE
    }

    interface Kubernetes {

        /// A Job in YAML, of which each worker is a copy with a name, arguments and a token of its own.
        Optional<Path> template();

        /// The name of this server's pod. Whoever made the pod, its ReplicaSet, then owns the Jobs, too: they are
        /// deleted with it. Absent: they are nobody's.
        Optional<String> pod();
    }

    /// Runs that are worked on at the same time; the rest wait.
    @WithDefault("1")
    int workers();

    /// Runs that may wait, at most.
    @WithDefault("1000")
    int queue();

    /// Threads of one worker. Absent: as many as there are cores.
    OptionalInt threads();

    /// How long a worker may be silent before it counts as lost.
    @WithDefault("10s")
    Duration lease();

    /// How many workers a run gets before it stays interrupted.
    @WithDefault("5")
    int attempts();

    /// Bytes of an uploaded corpus, at most.
    @WithDefault("32M")
    MemorySize corpusSize();

    /// Within this time an uploaded corpus must have arrived.
    @WithDefault("5m")
    Duration corpusTime();
}
