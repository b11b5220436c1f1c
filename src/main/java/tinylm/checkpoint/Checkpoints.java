package tinylm.checkpoint;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.regex.Pattern;

/// The checkpoints of a run's folder: `step-000000200` and so on, and the links `best` and `last` for people.
///
/// A directory of that name is complete from the first instant on: it is written aside, forced to the disk and
/// renamed. Saving a step again writes `step-000000200.1` beside the earlier one, which goes when the new one is
/// there. A folder has one writer at a time; any number may read.
public final class Checkpoints {

    private static final Pattern NAME = Pattern.compile("step-([0-9]{9})(?:\\.([0-9]{1,6}))?");
    private static final int KEPT_NEWEST = 2;

    private static final Comparator<Checkpoint> BY_AGE = Comparator.comparing(one -> Place.of(one.directory()));

    /// NaN, which is greater than every number to this order, comes last.
    private static final Comparator<Checkpoint> BY_LOSS = Comparator.<Checkpoint>comparingDouble(
                    one -> one.manifest().orElseThrow().validationLoss())
            .thenComparing(BY_AGE.reversed());

    private final CheckpointWriter writer;

    Checkpoints(FileOperations disk) {
        this.writer = new CheckpointWriter(disk);
    }

    /// Saves into a run's folder, moves `best` and `last` on, and keeps only the newest two, the best and this one.
    ///
    /// @return what was saved, verified
    /// @throws CheckpointException when the disk refuses; earlier checkpoints are then still there
    public static Checkpoint save(Path runDirectory, CheckpointContents contents) {
        return new Checkpoints(FileOperations.DISK).saveInto(runDirectory, contents);
    }

    /// The checkpoint of the highest step that verifies.
    ///
    /// @param refused gets a sentence for each newer one that does not
    public static Optional<Checkpoint> newest(Path runDirectory, Consumer<String> refused) {
        for (var directory : stepDirectories(runDirectory).stream()
                .sorted(Comparator.comparing(Place::of).reversed())
                .toList()) {
            try {
                return Optional.of(verified(directory));
            } catch (CheckpointException e) {
                refused.accept(e.getMessage());
            }
        }
        return Optional.empty();
    }

    /// The checkpoint of the lowest validation loss that verifies.
    ///
    /// @param refused gets a sentence for each one that does not
    public static Optional<Checkpoint> best(Path runDirectory, Consumer<String> refused) {
        return verified(runDirectory, refused).stream().min(BY_LOSS);
    }

    /// A checkpoint's directory, or the best of a run's folder.
    ///
    /// @throws CheckpointException when there is none that verifies
    public static Checkpoint load(Path directory) {
        if (!isRunDirectory(directory)) {
            return Checkpoint.read(directory);
        }
        var refused = new ArrayList<String>();
        return best(directory, refused::add)
                .orElseThrow(() -> new CheckpointException(
                        directory, "holds no checkpoint that verifies: " + String.join(" ", refused)));
    }

    /// Whether a folder holds checkpoints, be they whole or not, and is none itself.
    public static boolean isRunDirectory(Path directory) {
        return Files.isDirectory(directory)
                && !Files.exists(directory.resolve(Manifest.FILE))
                && !stepDirectories(directory).isEmpty();
    }

    /// Any Hugging Face GPT-2 directory of tinylm's shape, for scoring; nothing vouches for what is in it.
    ///
    /// @throws CheckpointException when it is not such a directory
    public static Checkpoint loadUnvouched(Path directory) {
        return Checkpoint.readUnvouched(directory);
    }

    /// Copies a checkpoint without its optimizer to a new directory, for shipping.
    ///
    /// @throws CheckpointException when the target exists, or nothing vouches for the checkpoint
    public static Checkpoint export(Checkpoint checkpoint, Path target) {
        return new Checkpoints(FileOperations.DISK).exportTo(checkpoint, target);
    }

    /// Deletes the checkpoints after the newest one that was evaluated: what diverged later may be spoilt already.
    ///
    /// @return the step of that one, or 0 when none is left
    /// @throws CheckpointException when the disk refuses
    public static long goBack(Path runDirectory) {
        var good = verified(runDirectory, _ -> {}).stream()
                .filter(one -> !Double.isNaN(one.manifest().orElseThrow().validationLoss()))
                .mapToLong(Checkpoints::step)
                .max();
        new Checkpoints(FileOperations.DISK).remove(runDirectory, step -> step > good.orElse(-1));
        return good.orElse(0);
    }

    /// Deletes the checkpoints after a step.
    ///
    /// @throws CheckpointException when the disk refuses
    public static void removeAfter(Path runDirectory, long step) {
        new Checkpoints(FileOperations.DISK).remove(runDirectory, one -> one > step);
    }

    /// Deletes the checkpoints of a run's folder, and nothing else in it.
    ///
    /// @throws CheckpointException when the disk refuses
    public static void clear(Path runDirectory) {
        new Checkpoints(FileOperations.DISK).remove(runDirectory, _ -> true);
    }

    private void remove(Path run, LongPredicate which) {
        try {
            for (var directory : stepDirectories(run)) {
                if (which.test(Place.of(directory).step())) {
                    writer.remove(directory);
                }
            }
            for (var link : List.of(run.resolve("last"), run.resolve("best"))) {
                if (Files.isSymbolicLink(link) && !Files.exists(link)) {
                    writer.delete(link);
                }
            }
        } catch (IOException e) {
            throw new CheckpointException(run, "keeps its checkpoints: " + CheckpointException.reason(e) + ".", e);
        }
    }

    Checkpoint saveInto(Path run, CheckpointContents contents) {
        try {
            writer.disk().createDirectories(run);
            writer.removeLeftovers(run);
            var saved = publish(run, contents);
            var all = verified(run, sentence -> {});
            refreshLinks(run, saved, all);
            prune(saved, all);
            return saved;
        } catch (IOException e) {
            throw new CheckpointException(
                    run, "did not take the checkpoint: " + CheckpointException.reason(e) + ".", e);
        }
    }

    Checkpoint exportTo(Checkpoint checkpoint, Path target) {
        var place = target.toAbsolutePath().normalize();
        var manifest = checkpoint
                .manifest()
                .orElseThrow(() -> new CheckpointException(
                        checkpoint.directory(), "has no tinylm.json, so there is nothing to vouch for a copy."));
        if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
            throw new CheckpointException(target, "exists; only a new directory is allowed.");
        }
        var contents = new CheckpointContents(
                checkpoint.config(), checkpoint.tokenizer(), checkpoint.weights(), Map.of(), manifest.provenance());
        try {
            writer.disk().createDirectories(place.getParent());
            writer.removeLeftovers(place.getParent());
            return moveIn(place, contents);
        } catch (IOException e) {
            throw new CheckpointException(
                    target, "did not take the checkpoint: " + CheckpointException.reason(e) + ".", e);
        }
    }

    private Checkpoint publish(Path run, CheckpointContents contents) throws IOException {
        long step = contents.provenance().step();
        int again = stepDirectories(run).stream()
                .map(Place::of)
                .filter(place -> place.step() == step)
                .mapToInt(place -> place.again() + 1)
                .max()
                .orElse(0);
        return moveIn(run.resolve(new Place(step, again).name()), contents);
    }

    private Checkpoint moveIn(Path place, CheckpointContents contents) throws IOException {
        var aside = CheckpointWriter.aside(place, "new");
        try {
            writer.write(aside, contents);
            var complete = Checkpoint.read(aside);
            writer.disk().moveAtomically(aside, place);
            writer.disk().force(place.toAbsolutePath().getParent());
            return new Checkpoint(
                    place.toRealPath(),
                    complete.config(),
                    complete.tokenizer(),
                    complete.manifest(),
                    complete.sha256());
        } catch (IOException | CheckpointException e) {
            removeAfterFailure(aside, e);
            throw e;
        }
    }

    private void removeAfterFailure(Path aside, Exception failure) {
        try {
            writer.delete(aside);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private void refreshLinks(Path run, Checkpoint saved, List<Checkpoint> all) throws IOException {
        link(run.resolve("last"), saved.directory());
        link(run.resolve("best"), all.stream().min(BY_LOSS).orElse(saved).directory());
    }

    /// The links are for people alone, so a system that cannot have them goes without.
    private void link(Path link, Path directory) throws IOException {
        var aside = CheckpointWriter.aside(link, "link");
        try {
            writer.disk().createLink(aside, directory.getFileName());
            writer.disk().moveAtomically(aside, link);
        } catch (UnsupportedOperationException | FileSystemException e) {
            writer.delete(aside);
        }
    }

    private void prune(Checkpoint saved, List<Checkpoint> all) throws IOException {
        var kept = new HashSet<Path>();
        kept.add(saved.directory());
        all.stream().min(BY_LOSS).ifPresent(best -> kept.add(best.directory()));
        all.stream()
                .sorted(BY_AGE.reversed())
                .filter(one -> step(one) != step(saved) || one.directory().equals(saved.directory()))
                .limit(KEPT_NEWEST)
                .forEach(newest -> kept.add(newest.directory()));
        for (var one : all) {
            if (!kept.contains(one.directory())) {
                writer.remove(one.directory());
            }
        }
    }

    private static List<Checkpoint> verified(Path run, Consumer<String> refused) {
        var checkpoints = new ArrayList<Checkpoint>();
        for (var directory : stepDirectories(run)) {
            try {
                checkpoints.add(verified(directory));
            } catch (CheckpointException e) {
                refused.accept(e.getMessage());
            }
        }
        return checkpoints;
    }

    private static Checkpoint verified(Path stepDirectory) {
        var checkpoint = Checkpoint.read(stepDirectory);
        if (step(checkpoint) != Place.of(stepDirectory).step()) {
            throw new CheckpointException(stepDirectory, "holds step " + step(checkpoint) + ": it was renamed.");
        }
        return checkpoint;
    }

    private static List<Path> stepDirectories(Path run) {
        if (!Files.isDirectory(run)) {
            return List.of();
        }
        try (var children = Files.list(run)) {
            return children.filter(child ->
                            NAME.matcher(child.getFileName().toString()).matches())
                    .filter(child -> Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CheckpointException(run, "cannot be listed: " + CheckpointException.reason(e) + ".", e);
        }
    }

    private static long step(Checkpoint checkpoint) {
        return checkpoint.manifest().orElseThrow().step();
    }

    /// @param again how often the step had been saved before
    private record Place(long step, int again) implements Comparable<Place> {

        private static final Comparator<Place> ORDER =
                Comparator.comparingLong(Place::step).thenComparingInt(Place::again);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }

        static Place of(Path directory) {
            var name = NAME.matcher(directory.getFileName().toString());
            if (!name.matches()) {
                throw new IllegalArgumentException(directory + " is not named as a run's checkpoint");
            }
            return new Place(
                    Long.parseLong(name.group(1)), name.group(2) == null ? 0 : Integer.parseInt(name.group(2)));
        }

        String name() {
            return String.format("step-%09d", step) + (again == 0 ? "" : "." + again);
        }
    }
}
