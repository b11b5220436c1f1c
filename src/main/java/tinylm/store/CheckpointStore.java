package tinylm.store;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Where the runs' checkpoints and the texts that they learn are for all servers and workers.
///
/// A run's folder is called by its id. What it holds has names: a file's as `log.txt`, or a checkpoint's as
/// `step-000000200` and `history/step-000000200`, which is there whole or not at all.
///
/// Everything throws [StoreException] when the store cannot be reached. Any thread.
public interface CheckpointStore extends AutoCloseable {

    /// Setting and environment variable that name a store.
    String SETTING = "tinylm.training.store";

    String VARIABLE = "TINYLM_TRAINING_STORE";

    /// The checkpoints that a run goes on from, and not its history.
    Predicate<String> CHECKPOINTS = name -> name.startsWith("step-");

    /// A folder that all machines see, or an S3-compatible store.
    ///
    /// @param address as `s3://bucket/folder`
    /// @param runs folder that holds a folder for each run, where there is no other store
    /// @param scratch folder in which each process makes one for what it reads
    /// @throws IllegalArgumentException when it is no such address
    static CheckpointStore of(Optional<String> address, Path runs, Path scratch) {
        return address.filter(one -> !one.isBlank())
                .<CheckpointStore>map(one -> S3Store.at(one, System.getenv(), scratch))
                .orElseGet(() -> onVolume(runs));
    }

    /// A folder that all machines see.
    static CheckpointStore onVolume(Path runs) {
        return new SharedVolume(runs);
    }

    /// The runs that it holds checkpoints of, and maybe others.
    List<String> runs();

    /// A folder with what the store holds of a run by now, for reading. It need not exist when that is nothing.
    ///
    /// @param names those that shall be in it; whether others are is left open
    Path read(String run, Predicate<String> names);

    /// Has a run's folder hold the files that the store holds beside checkpoints: the job and the log, unless they are
    /// there, and what was to be reported and may not have been, beside what is there.
    void fetchFiles(Path folder);

    /// Has a run's folder, before a worker goes on in it, hold the checkpoints that the store holds. The history is
    /// left out.
    ///
    /// @param ours whether a checkpoint of the folder stays that is newer than all in the store
    void fetchCheckpoints(Path folder, Predicate<Path> ours);

    /// Has the store hold what a worker has written into the run's folder, and no more of the older checkpoints.
    void put(Path folder);

    /// Has the store hold a file of a run's folder.
    void put(Path folder, String name);

    /// Deletes a run's checkpoints after a step, also those of its history.
    void removeAfter(String run, long step);

    /// Has the store hold a text, by its SHA-256.
    void putText(Path file, String sha256);

    /// Has the file be there, if the store holds the text.
    void fetchText(Path file, String sha256);

    void deleteText(String sha256);

    @Override
    void close();
}
