package tinylm.runs;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import tinylm.text.CorpusCatalog;
import tinylm.text.CorpusException;

/// Downloads of the catalog's texts, one at a time of each, on threads of their own. Any thread.
final class CorpusDownloads {

    /// @param received bytes so far
    private record Download(AtomicLong received, CompletableFuture<Path> file) {}

    private final CorpusCatalog catalog;
    private final Path runtime;
    private final Map<String, Download> downloads = new ConcurrentHashMap<>();
    private final Executor threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("download-", 0).factory());

    CorpusDownloads(CorpusCatalog catalog, Path runtime) {
        this.catalog = catalog;
        this.runtime = runtime;
    }

    /// Starts a download unless one is under way.
    void start(String name) {
        downloads.compute(name, (_, now) -> now == null || now.file().isDone() ? started(name) : now);
    }

    /// The file, once it is there.
    ///
    /// @throws CorpusException when the download fails
    Path await(String name) {
        start(name);
        try {
            return downloads.get(name).file().join();
        } catch (CompletionException e) {
            throw new CorpusException(e.getCause().getMessage(), e);
        }
    }

    private Download started(String name) {
        var received = new AtomicLong();
        return new Download(
                received,
                CompletableFuture.supplyAsync(
                        () -> catalog.locate(name, runtime, (bytes, _) -> received.set(bytes)), threads));
    }

    /// Bytes that have arrived of a download that is under way.
    Optional<Long> received(String name) {
        return Optional.ofNullable(downloads.get(name))
                .filter(download -> !download.file().isDone())
                .map(download -> download.received().get());
    }

    /// Why the last download failed; empty when it did not.
    String problem(String name) {
        return Optional.ofNullable(downloads.get(name))
                .filter(download -> download.file().isCompletedExceptionally())
                .map(download -> download.file().exceptionNow().getMessage())
                .orElse("");
    }
}
