package tinylm.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The corpora that are known by name, and where to get each: data/corpora.json.
public final class CorpusCatalog {

    /// One known corpus.
    ///
    /// @param about what it is, in a line
    /// @param url where it is downloaded from, http or https; its hash is what vouches for it. Null when it has a
    ///     file
    /// @param file where it lies, from the catalog's folder on. Null when it has a url
    /// @param sha256 of its bytes, lower-case hex
    /// @param bytes its exact size; a download that grows beyond is cut off
    /// @param characters its length in code points
    public record Entry(
            String name,
            String about,
            URI url,
            String file,
            String sha256,
            long bytes,
            long characters,
            String licence) {
        public Entry {
            if (name == null || !name.matches("[a-z0-9][a-z0-9-]{0,63}")) {
                throw new IllegalArgumentException("a corpus' name has lower-case letters, digits and '-' (at most 64),"
                        + " but one is \"" + name + "\"");
            }
            if (url == null ? file == null : file != null) {
                throw new IllegalArgumentException(name + " needs either a url or a file");
            }
            if (file != null && !file.matches("([a-z0-9-]+/)*[a-z0-9-]+[.]txt")) {
                throw new IllegalArgumentException(name + " needs a file below the catalog's folder, with lower-case"
                        + " letters, digits and '-', that ends in .txt, but has " + file);
            }
            if (url != null && (!List.of("http", "https").contains(url.getScheme()) || url.getHost() == null)) {
                throw new IllegalArgumentException(name + " needs an http or https url, but has " + url);
            }
            if (sha256 == null || !sha256.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException(name + " needs a sha256 of 64 lower-case hex digits");
            }
            if (bytes < 1 || bytes > Corpus.MOST_BYTES || characters < 1 || characters > bytes) {
                throw new IllegalArgumentException(name + " needs bytes from 1 to " + Corpus.MOST_BYTES
                        + " and no more characters than bytes, but has " + bytes + " and " + characters);
            }
            if (about == null || licence == null) {
                throw new IllegalArgumentException(name + " needs about and licence");
            }
        }

        /// Whether it comes with the project, so that it needs no network.
        public boolean isOwn() {
            return file != null;
        }
    }

    private record CatalogFile(List<Entry> corpora) {}

    private final Path file;
    private final Map<String, Entry> entries;

    private CorpusCatalog(Path file, Map<String, Entry> entries) {
        this.file = file;
        this.entries = entries;
    }

    /// @throws CorpusException when the file is missing or no catalog
    public static CorpusCatalog read(Path file) {
        var mapper = JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
        try {
            var entries = new LinkedHashMap<String, Entry>();
            var corpora = mapper.readValue(Files.readAllBytes(file), CatalogFile.class)
                    .corpora();
            for (var entry : corpora == null ? List.<Entry>of() : corpora) {
                if (entries.put(entry.name(), entry) != null) {
                    throw new CorpusException("The catalog " + file + " names " + entry.name() + " twice.");
                }
            }
            return new CorpusCatalog(file, entries);
        } catch (JsonProcessingException e) {
            throw new CorpusException("The catalog " + file + " is not right: " + e.getOriginalMessage() + ".", e);
        } catch (IOException e) {
            throw new CorpusException("The catalog " + file + " cannot be read.", e);
        }
    }

    /// The known corpora, in the file's order.
    public List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    public Optional<Entry> entry(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /// A corpus' file: the one of [#find], else downloaded now.
    ///
    /// @param runtimeDirectory holds `corpora`, which holds what was downloaded
    /// @param progress told of a download, on a thread of its own
    /// @throws CorpusException when the name is unknown, the download fails or a hash is wrong
    public Path locate(String name, Path runtimeDirectory, CorpusDownload.Progress progress) {
        return locate(name, runtimeDirectory, new CorpusDownload(progress));
    }

    Path locate(String name, Path runtimeDirectory, CorpusDownload download) {
        return find(name, runtimeDirectory).orElseGet(() -> {
            var target = place(known(name), runtimeDirectory);
            try {
                download.fetch(known(name), target);
            } catch (CorpusException e) {
                throw new CorpusException(e.getMessage() + withoutNetwork(), e);
            }
            return target;
        });
    }

    /// A corpus' file when it is on the disk: the project's own, else the one downloaded before, else one in
    /// `shared/data` beside the project.
    ///
    /// @throws CorpusException when the name is unknown, or what lies in its place is another text
    public Optional<Path> find(String name, Path runtimeDirectory) {
        var entry = known(name);
        var place = place(entry, runtimeDirectory);
        if (Files.exists(place)) {
            if (!isRight(entry, place)) {
                throw new CorpusException("The file " + place + " is not the corpus " + name
                        + ", for its SHA-256 is another; "
                        + (entry.isOwn() ? "restore it." : "delete it to download it anew, or pass it with --corpus."));
            }
            return Optional.of(place);
        }
        if (entry.isOwn()) {
            throw new CorpusException("The file " + place + " of the corpus " + name + " is missing; restore it.");
        }
        return Optional.of(besideTheProject(name)).filter(shared -> Files.exists(shared) && isRight(entry, shared));
    }

    /// Where a corpus lies, or will when it was downloaded.
    public Path place(Entry entry, Path runtimeDirectory) {
        return entry.isOwn()
                ? file.toAbsolutePath().getParent().resolve(entry.file())
                : runtimeDirectory.resolve("corpora").resolve(entry.name() + ".txt");
    }

    private Entry known(String name) {
        return entry(name)
                .orElseThrow(() -> new CorpusException("There is no corpus named " + name + "; known are "
                        + String.join(", ", entries.keySet()) + "."));
    }

    private String withoutNetwork() {
        return entries.values().stream()
                .filter(Entry::isOwn)
                .findFirst()
                .map(own -> " The corpus " + own.name() + " needs no network.")
                .orElse("");
    }

    private Path besideTheProject(String name) {
        var project = file.toAbsolutePath().normalize().getParent().resolve("..");
        return project.resolve("../shared/data").normalize().resolve(name + ".txt");
    }

    private static boolean isRight(Entry entry, Path file) {
        try {
            return Files.size(file) == entry.bytes()
                    && Corpus.sha256(Files.readAllBytes(file)).equals(entry.sha256());
        } catch (IOException e) {
            throw new CorpusException("The corpus file " + file + " cannot be read.", e);
        }
    }
}
