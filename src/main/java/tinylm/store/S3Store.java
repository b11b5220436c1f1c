package tinylm.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;
import tinylm.checkpoint.Manifest;

/// A bucket, or a folder of one, in a store that speaks S3: `runs/run-1a2b3c4d/step-000000200/model.safetensors` and
/// `texts/<SHA-256>.txt`.
///
/// A checkpoint's tinylm.json is written last and deleted first, and without it there is none; that it arrives as it
/// was written is vouched for by its hashes. A worker that was lost and still runs deletes only what is older than
/// its own newest, and what it adds has the bits of the one after it, unless that went back after a divergence.
final class S3Store implements CheckpointStore {

    private static final Pattern ADDRESS =
            Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){0,10})/?");

    /// Groups: the checkpoint's name, its step, the file's name.
    private static final Pattern CHECKPOINT_FILE =
            Pattern.compile("((?:history/)?step-([0-9]{9})(?:[.][0-9]{1,6})?)/([A-Za-z0-9_][A-Za-z0-9._-]{0,99})");

    private static final Pattern PLAIN_FILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");
    private static final Pattern RUN = PLAIN_FILE;
    private static final String CACHE = "read-";
    /// The server that starts a worker writes it, and nobody else: a worker that was lost has an old one.
    private static final String JOB = "job.json";

    /// Those that may be there already, and stay.
    private static final Set<String> OWN = Set.of(JOB, "log.txt");

    /// What was to be reported; its worker may be adding to it.
    private static final String UNSENT = "unsent.jsonl";

    private static final String HISTORY = "history/";
    private static final Duration LONGEST_CALL = Duration.ofMinutes(2);
    private static final Duration SILENCE = Duration.ofSeconds(30);

    /// Runs in the cache; a default model's newest, best and history of a hundred steps take 1.2 GB.
    private static final int MOST_READ = 8;

    private final S3Client client;
    private final String address;
    private final String bucket;
    private final String prefix;
    private final Path cache;
    private final Lock reading = new ReentrantLock();
    /// Of the files in the cache.
    private final Map<Path, String> versions = new HashMap<>();

    private final Map<String, Boolean> read = new LinkedHashMap<>(MOST_READ, 0.75f, true);

    private S3Store(S3Client client, String address, String bucket, String prefix, Path cache) {
        this.client = client;
        this.address = address;
        this.bucket = bucket;
        this.prefix = prefix;
        this.cache = cache;
    }

    /// @param environment may hold AWS_REGION; AWS_ENDPOINT_URL_S3 and the keys are read by the client itself
    static S3Store at(String address, Map<String, String> environment, Path scratch) {
        var parts = ADDRESS.matcher(address);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    SETTING + " must be s3://bucket or s3://bucket/folder, but is \"" + address + "\".");
        }
        var client = S3Client.builder()
                .region(Region.of(environment.getOrDefault("AWS_REGION", "us-east-1")))
                .forcePathStyle(true) // other stores than Amazon's have no host for each bucket
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED) // nor its newest checksums
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(override -> override.apiCallTimeout(LONGEST_CALL))
                .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(SILENCE))
                .build();
        var folder = parts.group(2).isEmpty() ? "" : parts.group(2).substring(1) + "/";
        try {
            removeLeftovers(scratch);
        } catch (IOException e) {
            throw new StoreException("The folder " + scratch + " cannot be read.", e);
        }
        var cache = scratch.resolve(CACHE + ProcessHandle.current().pid());
        return new S3Store(client, address, parts.group(1), folder, cache);
    }

    /// Deletes what processes had read that were killed.
    private static void removeLeftovers(Path scratch) throws IOException {
        if (Files.isDirectory(scratch)) {
            try (var caches = Files.newDirectoryStream(scratch, CACHE + "*")) {
                for (var one : caches) {
                    var pid = one.getFileName().toString().substring(CACHE.length());
                    if (pid.matches("[0-9]{1,18}")
                            && (Long.parseLong(pid) == ProcessHandle.current().pid() // in a container all have the same
                                    || ProcessHandle.of(Long.parseLong(pid)).isEmpty())) {
                        delete(one);
                    }
                }
            }
        }
    }

    /// What the store holds of a run.
    ///
    /// @param checkpoints by name, the files of each by name
    private record Contents(Map<String, Map<String, S3Object>> checkpoints, Map<String, S3Object> files) {

        boolean has(String checkpoint) {
            return checkpoints.getOrDefault(checkpoint, Map.of()).containsKey(Manifest.FILE);
        }

        Stream<String> whole() {
            return checkpoints.keySet().stream().filter(this::has);
        }
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private interface Deed {
        void run() throws IOException;
    }

    private <T> T attempt(Work<T> work) {
        try {
            return work.run();
        } catch (SdkException | IOException e) {
            throw new StoreException("The store " + address + " cannot be used: " + reason(e) + ".", e);
        }
    }

    private static String reason(Exception e) {
        var message = String.valueOf(e.getMessage());
        return message.startsWith("Unable to load credentials")
                ? "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
                : message.replaceAll(" \\(SDK Attempt Count: [0-9]+\\)|[.]$", "");
    }

    private void attempt(Deed work) {
        attempt(() -> {
            work.run();
            return address;
        });
    }

    @Override
    public List<String> runs() {
        return attempt(() -> client
                .listObjectsV2Paginator(request ->
                        request.bucket(bucket).prefix(prefix + "runs/").delimiter("/"))
                .commonPrefixes()
                .stream()
                .map(one -> one.prefix().substring((prefix + "runs/").length()).replace("/", ""))
                .filter(run -> RUN.matcher(run).matches())
                .toList());
    }

    private Contents list(String run) {
        var contents = new Contents(new TreeMap<>(), new TreeMap<>());
        var folder = key(run, "");
        client.listObjectsV2Paginator(request -> request.bucket(bucket).prefix(folder)).contents().stream()
                .forEach(object -> {
                    var name = object.key().substring(folder.length());
                    var parts = CHECKPOINT_FILE.matcher(name);
                    if (parts.matches()) {
                        contents.checkpoints
                                .computeIfAbsent(parts.group(1), _ -> new TreeMap<>())
                                .put(parts.group(3), object);
                    } else if (PLAIN_FILE.matcher(name).matches()) {
                        contents.files.put(name, object);
                    }
                });
        return contents;
    }

    private String key(String run, String name) {
        return prefix + "runs/" + run + "/" + name;
    }

    private static String run(Path folder) {
        return folder.getFileName().toString();
    }

    @Override
    public Path read(String run, Predicate<String> names) {
        if (!RUN.matcher(run).matches()) {
            throw new IllegalArgumentException("\"" + run + "\" is no run's name");
        }
        var folder = cache.resolve(run);
        reading.lock();
        try {
            return attempt(() -> {
                var contents = list(run);
                mirror(contents, folder, names, _ -> false);
                for (var file : contents.files.entrySet()) {
                    var place = folder.resolve(file.getKey());
                    if (names.test(file.getKey()) && !file.getValue().eTag().equals(versions.get(place))) {
                        download(file.getValue(), place);
                        versions.put(place, file.getValue().eTag());
                    }
                }
                forgetOthers(run);
                return folder;
            });
        } finally {
            reading.unlock();
        }
    }

    private void forgetOthers(String newest) throws IOException {
        read.put(newest, true);
        while (read.size() > MOST_READ) {
            var oldest = read.keySet().iterator().next();
            read.remove(oldest);
            delete(cache.resolve(oldest));
            versions.keySet().removeIf(place -> place.startsWith(cache.resolve(oldest)));
        }
    }

    @Override
    public void fetchFiles(Path folder) {
        attempt(() -> {
            for (var file : list(run(folder)).files.entrySet()) {
                var place = folder.resolve(file.getKey());
                if (file.getKey().equals(UNSENT)) {
                    add(file.getValue(), place);
                } else if (!OWN.contains(file.getKey()) || Files.notExists(place)) {
                    download(file.getValue(), place);
                }
            }
        });
    }

    /// Adds the lines of a file to those that are in the folder already. What is told twice counts once.
    private void add(S3Object object, Path place) throws IOException {
        var other = place.resolveSibling("." + place.getFileName() + ".other");
        download(object, other);
        if (Files.exists(other)) {
            var lines = text(other);
            if (Files.notExists(place) || !text(place).contains(lines)) {
                Files.writeString(place, "\n" + lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
            Files.delete(other);
        }
    }

    /// It may have been cut off within a character, which its line is passed over for.
    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    @Override
    public void fetchCheckpoints(Path folder, Predicate<Path> ours) {
        attempt(() -> {
            var contents = list(run(folder));
            long newest = contents.whole()
                    .filter(CHECKPOINTS)
                    .mapToLong(S3Store::step)
                    .max()
                    .orElse(-1);
            mirror(contents, folder, CHECKPOINTS, name -> step(name) > newest && ours.test(folder.resolve(name)));
        });
    }

    /// Has a folder hold those checkpoints that the store holds, and no others of the names.
    ///
    /// @param kept stays all the same
    private void mirror(Contents contents, Path folder, Predicate<String> names, Predicate<String> kept)
            throws IOException {
        for (var name : checkpoints(folder).keySet()) {
            if (names.test(name) && !contents.has(name) && !kept.test(name)) {
                delete(folder.resolve(name));
            }
        }
        for (var name : contents.whole().filter(names).toList()) {
            var place = folder.resolve(name);
            if (!Files.exists(place)) {
                var aside = aside(place);
                delete(aside);
                for (var file : contents.checkpoints.get(name).entrySet()) {
                    download(file.getValue(), aside.resolve(file.getKey()));
                }
                Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    private void download(S3Object object, Path place) throws IOException {
        Files.createDirectories(place.getParent());
        var aside = aside(place);
        Files.deleteIfExists(aside);
        try {
            client.getObject(request -> request.bucket(bucket).key(object.key()), ResponseTransformer.toFile(aside));
        } catch (NoSuchKeyException e) {
            return; // deleted since it was listed: a checkpoint does not verify without it
        }
        Files.move(aside, place, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path aside(Path place) {
        return place.resolveSibling(
                "." + place.getFileName() + ".fetch-" + ProcessHandle.current().pid() + ".tmp");
    }

    @Override
    public void put(Path folder) {
        attempt(() -> {
            var contents = list(run(folder));
            putFiles(folder, contents); // first: who goes on from a checkpoint must know what was to be told before it
            var here = checkpoints(folder);
            for (var name : here.keySet()) {
                if (!contents.has(name)) {
                    putCheckpoint(folder, name);
                }
            }
            long newest = here.entrySet().stream()
                    .filter(one -> CHECKPOINTS.test(one.getKey()))
                    .mapToLong(Map.Entry::getValue)
                    .max()
                    .orElse(0);
            remove(contents, name -> CHECKPOINTS.test(name) && !here.containsKey(name) && step(name) < newest);
        });
    }

    /// Also takes away what is not there any more, as reports that were sent.
    private void putFiles(Path folder, Contents contents) throws IOException {
        var gone = new HashMap<>(contents.files);
        gone.remove(JOB);
        for (var file : files(folder)) {
            var name = file.getFileName().toString();
            if (name.equals(JOB)) {
                continue;
            }
            try {
                upload(RequestBody.fromBytes(Files.readAllBytes(file)), key(run(folder), name));
                gone.remove(name);
            } catch (NoSuchFileException e) {
                // it went just now
            }
        }
        gone.values().forEach(object -> remove(object.key()));
    }

    private void putCheckpoint(Path folder, String checkpoint) throws IOException {
        for (var file : files(folder.resolve(checkpoint))) {
            if (!file.endsWith(Manifest.FILE)) {
                put(folder, checkpoint + "/" + file.getFileName());
            }
        }
        put(folder, checkpoint + "/" + Manifest.FILE);
    }

    @Override
    public void put(Path folder, String name) {
        upload(RequestBody.fromFile(folder.resolve(name)), key(run(folder), name));
    }

    private void upload(RequestBody content, String key) {
        attempt(() -> client.putObject(request -> request.bucket(bucket).key(key), content));
    }

    @Override
    public void removeAfter(String run, long step) {
        attempt(() -> remove(list(run), name -> step(name) > step));
    }

    private void remove(Contents contents, Predicate<String> which) {
        contents.checkpoints.forEach((name, files) -> {
            if (which.test(name)) {
                var keys = new ArrayList<>(files.keySet());
                keys.sort(Comparator.comparing(file -> !file.equals(Manifest.FILE)));
                keys.forEach(file -> remove(files.get(file).key()));
            }
        });
    }

    private void remove(String key) {
        client.deleteObject(request -> request.bucket(bucket).key(key));
    }

    private static long step(String checkpoint) {
        var parts = CHECKPOINT_FILE.matcher(checkpoint + "/" + Manifest.FILE);
        if (!parts.matches()) {
            throw new IllegalArgumentException(checkpoint + " is not named as a checkpoint");
        }
        return Long.parseLong(parts.group(2));
    }

    /// Those in a folder and its history, with their steps.
    private static Map<String, Long> checkpoints(Path folder) throws IOException {
        var found = new TreeMap<String, Long>();
        for (var within : List.of("", HISTORY)) {
            if (Files.isDirectory(folder.resolve(within))) {
                try (var children = Files.list(folder.resolve(within))) {
                    children.filter(child -> Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS))
                            .map(child -> within + child.getFileName())
                            .filter(name -> CHECKPOINT_FILE
                                    .matcher(name + "/" + Manifest.FILE)
                                    .matches())
                            .forEach(name -> found.put(name, step(name)));
                }
            }
        }
        return found;
    }

    /// The plain files of a folder, without hidden ones and links.
    private static List<Path> files(Path folder) throws IOException {
        try (var children = Files.list(folder)) {
            return children.filter(child -> Files.isRegularFile(child, LinkOption.NOFOLLOW_LINKS))
                    .filter(child ->
                            PLAIN_FILE.matcher(child.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void putText(Path file, String sha256) {
        attempt(() -> {
            if (find(text(sha256)).isEmpty()) {
                upload(RequestBody.fromFile(file), text(sha256));
            }
        });
    }

    private Optional<S3Object> find(String key) {
        return client.listObjectsV2(request -> request.bucket(bucket).prefix(key)).contents().stream()
                .filter(object -> object.key().equals(key))
                .findFirst();
    }

    @Override
    public void fetchText(Path file, String sha256) {
        reading.lock();
        try {
            attempt(() -> {
                var found = Files.exists(file) ? Optional.<S3Object>empty() : find(text(sha256));
                if (found.isPresent()) {
                    download(found.get(), file);
                }
            });
        } finally {
            reading.unlock();
        }
    }

    @Override
    public void deleteText(String sha256) {
        attempt(() -> remove(text(sha256)));
    }

    private String text(String sha256) {
        return prefix + "texts/" + sha256 + ".txt";
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (var children = Files.newDirectoryStream(path)) {
                for (var child : children) {
                    delete(child);
                }
            }
        }
        Files.deleteIfExists(path);
    }

    /// What was read is forgotten.
    @Override
    public void close() {
        try {
            delete(cache);
        } catch (IOException e) {
            // the next process of this number uses it
        }
        client.close();
    }
}
