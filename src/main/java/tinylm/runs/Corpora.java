package tinylm.runs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import tinylm.runs.CorpusInfo.Presence;
import tinylm.runs.CorpusInfo.Source;
import tinylm.store.CheckpointStore;
import tinylm.text.CorpusCatalog;
import tinylm.text.CorpusException;
import tinylm.text.CorpusSurvey;

/// The texts that runs can learn: those of the catalog and those that were uploaded. Any thread.
public final class Corpora {

    /// A text on the disk.
    ///
    /// @param vocabSize different characters
    public record Text(String name, Path file, String sha256, int vocabSize) {}

    /// A text that was uploaded, or was there before.
    public record Kept(CorpusInfo corpus, boolean isNew) {}

    private static final String SHA256 = "[0-9a-f]{64}";
    private static final String NAME = "[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} ._-]{0,63}";

    /// Each costs a row of the embedding and of the logits.
    private static final int MOST_DIFFERENT = 20_000;

    /// Uploaded texts.
    private static final int MOST_TEXTS = 200;

    private final CorpusCatalog catalog;
    private final Path runtime;
    private final CheckpointStore shared;
    private final CorpusStore store;
    private final CorpusFiles files;
    private final CorpusDownloads downloads;
    private final Clock clock;
    /// Held while a file and its row come or go together.
    private final Lock changing = new ReentrantLock();

    private final Map<String, CorpusSurvey> surveys = new ConcurrentHashMap<>();

    /// @param runtime holds what was downloaded and uploaded
    /// @param shared holds uploaded texts for all servers and workers
    public Corpora(CorpusCatalog catalog, Path runtime, DataSource database, CheckpointStore shared, Clock clock) {
        this.catalog = catalog;
        this.runtime = runtime;
        this.shared = shared;
        this.store = new CorpusStore(database);
        this.files = new CorpusFiles(runtime.toAbsolutePath().resolve("corpora").resolve("uploaded"), shared);
        this.downloads = new CorpusDownloads(catalog, runtime);
        this.clock = clock;
    }

    /// The catalog's in its order, then what was uploaded, the newest first.
    public List<CorpusInfo> list() {
        return Stream.concat(
                        catalog.entries().stream().map(this::info),
                        store.list().stream().map(this::info))
                .toList();
    }

    /// @throws RunRefused when there is no such corpus
    public CorpusInfo get(String id) {
        return catalog.entry(id)
                .map(this::info)
                .or(() -> store.find(id).map(this::info))
                .orElseThrow(() -> notFound(id));
    }

    /// Some characters of a text that is on the disk.
    ///
    /// @param from index of the first, in code points
    public String excerpt(CorpusInfo corpus, long from, int most) {
        try {
            return CorpusSurvey.excerpt(file(corpus), from, most);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(CorpusInfo corpus) {
        return corpus.source() == Source.UPLOADED
                ? files.of(corpus.sha256())
                : catalog.find(corpus.name(), runtime).orElseThrow(() -> notFound(corpus.id()));
    }

    List<String> names() {
        return list().stream().map(CorpusInfo::name).distinct().toList();
    }

    /// The newest text of that name, or the one with that SHA-256. One of the catalog is downloaded now if it was not
    /// before.
    ///
    /// @throws CorpusException when it cannot be had, or is not what the catalog vouches for
    public Optional<Text> find(String name) {
        if (catalog.entry(name).isPresent()) {
            var found = text(name, catalog.find(name, runtime).orElseGet(() -> downloads.await(name)));
            shared.putText(found.file(), found.sha256()); // who starts the worker may be another server
            return Optional.of(found);
        }
        return store.list().stream()
                .filter(one -> one.name().equals(name) || one.survey().sha256().equals(name))
                .findFirst()
                .map(this::text);
    }

    /// The very text of that name, when it is on the disk.
    ///
    /// @throws CorpusException when it is not what the catalog vouches for
    public Optional<Text> find(String name, String sha256) {
        catalog.entry(name)
                .filter(entry -> !entry.isOwn() && entry.sha256().equals(sha256))
                .ifPresent(entry -> shared.fetchText(catalog.place(entry, runtime), sha256));
        var found = catalog.entry(name).isPresent()
                ? catalog.find(name, runtime).map(file -> text(name, file))
                : store.find(sha256)
                        .filter(one -> one.name().equals(name) && files.has(one))
                        .map(this::text);
        return found.filter(text -> text.sha256().equals(sha256));
    }

    /// Keeps a text from being deleted before the end of a transaction that starts a run with it.
    ///
    /// @throws RunRefused when it was deleted
    void hold(Handle handle, String name, String sha256) {
        if (catalog.entry(name).isEmpty() && store.lock(handle, sha256).isEmpty()) {
            throw RunRefused.invalid("corpus", "The corpus " + name + " was deleted just now.");
        }
    }

    private Text text(String name, Path file) {
        var survey = survey(name, file);
        return new Text(name, file.toAbsolutePath(), survey.sha256(), survey.vocabSize());
    }

    private Text text(UploadedCorpus corpus) {
        if (!files.has(corpus)) {
            throw new CorpusException(CorpusFiles.gone(corpus));
        }
        var survey = corpus.survey();
        return new Text(corpus.name(), files.of(survey.sha256()), survey.sha256(), survey.vocabSize());
    }

    /// A file that the catalog has vouched for is surveyed once.
    private CorpusSurvey survey(String name, Path file) {
        return surveys.computeIfAbsent(name, _ -> {
            try {
                return CorpusSurvey.of(name, file);
            } catch (IOException e) {
                throw new CorpusException("The corpus file " + file + " cannot be read.", e);
            }
        });
    }

    private CorpusInfo info(CorpusCatalog.Entry entry) {
        try {
            return catalog.find(entry.name(), runtime)
                    .map(file -> info(entry, Optional.of(survey(entry.name(), file)), new Presence.Ready()))
                    .orElseGet(() -> info(entry, Optional.empty(), downloading(entry)));
        } catch (CorpusException e) {
            return info(entry, Optional.empty(), new Presence.Absent(e.getMessage()));
        }
    }

    private Presence downloading(CorpusCatalog.Entry entry) {
        return downloads
                .received(entry.name())
                .<Presence>map(Presence.Downloading::new)
                .orElseGet(() -> new Presence.Absent(downloads.problem(entry.name())));
    }

    private static CorpusInfo info(CorpusCatalog.Entry entry, Optional<CorpusSurvey> survey, Presence presence) {
        return new CorpusInfo(
                entry.name(),
                entry.name(),
                entry.about(),
                entry.isOwn() ? Source.OWN : Source.CATALOG,
                entry.sha256(),
                entry.bytes(),
                entry.characters(),
                survey.map(CorpusSurvey::alphabet),
                Optional.empty(),
                presence);
    }

    private CorpusInfo info(UploadedCorpus corpus) {
        return CorpusInfo.of(
                corpus, files.has(corpus) ? new Presence.Ready() : new Presence.Absent(CorpusFiles.gone(corpus)));
    }

    /// Starts to download one of the catalog's texts, unless it is there or on its way.
    ///
    /// @throws RunRefused when there is no such corpus, or nowhere to download it from
    public CorpusInfo download(String id) {
        var corpus = get(id);
        if (corpus.source() == Source.CATALOG) {
            if (!(corpus.presence() instanceof Presence.Ready)) {
                downloads.start(id);
            }
            return get(id);
        }
        throw RunRefused.conflict("Only the catalog's corpora can be downloaded, and " + corpus.name() + " is "
                + (corpus.source() == Source.OWN ? "the project's own." : "an uploaded one."));
    }

    /// Keeps a text that somebody uploads; bytes that are there already are kept once, under their first name.
    ///
    /// @param name 1 to 64 letters, digits, spaces and `. _ -`; a name that exists makes this its newest version
    /// @param mostBytes of the text; no more are read
    /// @throws RunRefused when the name is not allowed, the text too large, or too many are there
    /// @throws CorpusException when it is no text that can be learnt
    /// @throws IOException when it does not arrive, or cannot be written
    public Kept upload(String name, InputStream text, long mostBytes) throws IOException {
        checkName(name);
        var aside = files.receive(text, mostBytes);
        try {
            var survey = CorpusSurvey.of(name, aside);
            if (survey.vocabSize() > MOST_DIFFERENT) {
                throw new CorpusException("The corpus " + name + " has " + survey.vocabSize()
                        + " different characters; a corpus has at most " + MOST_DIFFERENT + ".");
            }
            return kept(name, aside, survey);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    private void checkName(String name) {
        boolean isTaken =
                catalog.entries().stream().anyMatch(entry -> entry.name().equalsIgnoreCase(name));
        if (isTaken || !name.matches(NAME) || name.matches(SHA256)) {
            throw RunRefused.invalid(
                    "name",
                    "A corpus' name has 1 to 64 letters, digits, spaces and . _ -, begins with a letter or a digit,"
                            + " and is neither a SHA-256 nor one of the catalog's: "
                            + String.join(
                                    ", ",
                                    catalog.entries().stream()
                                            .map(CorpusCatalog.Entry::name)
                                            .toList())
                            + ".");
        }
    }

    private Kept kept(String name, Path aside, CorpusSurvey survey) throws IOException {
        var sha256 = survey.sha256();
        changing.lock();
        try {
            for (var entry : catalog.entries()) {
                if (entry.sha256().equals(sha256)) { // somebody brings it by hand
                    if (!entry.isOwn() && catalog.find(entry.name(), runtime).isEmpty()) {
                        files.move(aside, catalog.place(entry, runtime));
                    }
                    return new Kept(info(entry), false);
                }
            }
            boolean isNew = store.find(sha256).isEmpty();
            if (isNew && store.list().size() >= MOST_TEXTS) {
                throw RunRefused.conflict("At most " + MOST_TEXTS
                        + " uploaded corpora are kept, and so many are there; delete one first.");
            }
            files.keep(aside, sha256);
            if (isNew) {
                var now = clock.instant().truncatedTo(ChronoUnit.MICROS); // as a database keeps it
                store.insert(new UploadedCorpus(name, survey, now));
            }
            return new Kept(get(sha256), isNew);
        } finally {
            changing.unlock();
        }
    }

    /// Deletes an uploaded text.
    ///
    /// @throws RunRefused when there is none, or a run that has not ended learns it
    /// @throws IOException when its file cannot be deleted
    public void delete(String id) throws IOException {
        if (catalog.entry(id).isPresent()) {
            throw RunRefused.conflict("The corpus " + id + " is one of the catalog's, which cannot be deleted.");
        }
        changing.lock();
        try {
            store.inTransaction(handle -> {
                var corpus = store.lock(handle, id).orElseThrow(() -> notFound(id));
                var runs = store.runsWith(handle, id);
                if (!runs.isEmpty()) {
                    throw RunRefused.conflict("The corpus " + corpus.name() + " cannot be deleted: the run "
                            + runs.getFirst() + (runs.size() > 1 ? " and " + (runs.size() - 1) + " more use" : " uses")
                            + " it and " + (runs.size() > 1 ? "have" : "has") + " not ended.");
                }
                store.delete(handle, id);
                return corpus;
            });
            files.delete(id);
        } finally {
            changing.unlock();
        }
    }

    private static RunRefused notFound(String id) {
        return new RunRefused(RunRefused.Kind.CORPUS_NOT_FOUND, "id", "There is no corpus \"" + id + "\".");
    }
}
