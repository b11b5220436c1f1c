package tinylm.text;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Fetches a corpus once: aside, checked against its hash, forced to the disk, then renamed into place.
public final class CorpusDownload {

    /// Told as bytes arrive, on the download's own thread.
    @FunctionalInterface
    public interface Progress {
        void received(long bytes, long expected);
    }

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(15);
    private static final Duration DONE_WITHIN = Duration.ofMinutes(10);
    private static final int CHUNK_BYTES = 1 << 15;

    private final Progress progress;
    private final Duration doneWithin;

    CorpusDownload(Progress progress) {
        this(progress, DONE_WITHIN);
    }

    CorpusDownload(Progress progress, Duration doneWithin) {
        this.progress = progress;
        this.doneWithin = doneWithin;
    }

    void fetch(CorpusCatalog.Entry entry, Path target) {
        try {
            Files.createDirectories(target.getParent());
            var aside = Files.createTempFile(target.getParent(), "." + entry.name() + "-", ".tmp");
            try {
                fetchInTime(entry, aside);
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(aside);
            }
        } catch (IOException e) {
            throw failed(entry, target, e.toString(), e);
        } catch (ExecutionException e) {
            throw failed(entry, target, reason(e.getCause()), e);
        } catch (TimeoutException e) {
            throw failed(entry, target, "it took longer than " + doneWithin.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(entry, target, "it was interrupted", e);
        }
    }

    /// The JDK's client bounds the time to the headers alone, so that the whole runs on a thread that can be
    /// interrupted.
    private void fetchInTime(CorpusCatalog.Entry entry, Path aside)
            throws InterruptedException, ExecutionException, TimeoutException {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var fetched = executor.submit(() -> {
                fetchInto(entry, aside);
                return aside;
            });
            try {
                fetched.get(doneWithin.toMillis(), TimeUnit.MILLISECONDS);
            } finally {
                fetched.cancel(true);
            }
        }
    }

    private void fetchInto(CorpusCatalog.Entry entry, Path aside) throws IOException, InterruptedException {
        try (var client = HttpClient.newBuilder()
                        .connectTimeout(CONNECT_WITHIN)
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .build();
                var file = FileChannel.open(aside, StandardOpenOption.WRITE)) {
            try {
                var request =
                        HttpRequest.newBuilder(entry.url()).timeout(doneWithin).build();
                var response = client.send(request, BodyHandlers.ofInputStream());
                try (var body = response.body()) {
                    if (response.statusCode() != 200) {
                        throw new IOException("the server answered " + response.statusCode());
                    }
                    copy(body, file, entry);
                }
            } finally {
                client.shutdownNow();
            }
            file.force(true);
        }
    }

    private void copy(InputStream body, FileChannel file, CorpusCatalog.Entry entry) throws IOException {
        var digest = Corpus.digest();
        var chunk = new byte[CHUNK_BYTES];
        long received = 0;
        for (int count = body.read(chunk); count >= 0; count = body.read(chunk)) {
            received += count;
            if (received > entry.bytes()) {
                throw new IOException("it is longer than the " + entry.bytes() + " bytes of the catalog");
            }
            digest.update(chunk, 0, count);
            var rest = ByteBuffer.wrap(chunk, 0, count);
            while (rest.hasRemaining()) {
                file.write(rest);
            }
            progress.received(received, entry.bytes());
        }
        if (!Corpus.hex(digest).equals(entry.sha256())) {
            throw new IOException("what came has not the SHA-256 of the catalog");
        }
    }

    private static String reason(Throwable cause) {
        return cause.getMessage() == null || cause.getMessage().isBlank()
                ? "no connection: " + cause.getClass().getSimpleName()
                : cause.getMessage();
    }

    private static CorpusException failed(CorpusCatalog.Entry entry, Path target, String reason, Exception cause) {
        return new CorpusException(
                "The corpus " + entry.name() + " was not downloaded (" + reason + "). Try again, or download "
                        + entry.url() + " by hand and put it at " + target + ".",
                cause);
    }
}
