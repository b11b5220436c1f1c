package tinylm.store;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;

/// S3Proxy in a process of its own, with a bucket in a folder. It wants requests to be signed.
public final class S3Server implements AutoCloseable {

    public static final String BUCKET = "checkpoints";

    private static final Path PROGRAM = Path.of("target/s3/s3proxy.jar").toAbsolutePath();
    private static final String IDENTITY = "somebody";
    private static final String CREDENTIAL = "a key for this test";

    private final int port;
    private final Path folder;
    private final Path settings;
    private Process process;

    /// @param folder to write to, of this server alone
    public S3Server(Path folder) throws IOException {
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        this.folder = folder;
        Files.createDirectories(bucket());
        settings = Files.writeString(
                folder.resolve("s3proxy.conf"), """
                s3proxy.endpoint=%s
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=%s
                s3proxy.credential=%s
                jclouds.provider=filesystem
                jclouds.identity=unused
                jclouds.credential=unused
                jclouds.filesystem.basedir=%s
                """.formatted(url(), IDENTITY, CREDENTIAL, folder.resolve("buckets")));
        start();
    }

    /// Has it answer, again or for the first time.
    public void start() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-jar",
                        PROGRAM.toString(),
                        "--properties",
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("s3proxy.log").toFile())
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::answers);
    }

    private boolean answers() {
        try (var _ = new Socket("127.0.0.1", port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    public String url() {
        return "http://127.0.0.1:" + port;
    }

    /// Where the bucket's objects lie.
    public Path bucket() {
        return folder.resolve("buckets").resolve(BUCKET);
    }

    /// What a process is given to use it.
    ///
    /// @param address of the store, in the bucket
    public Map<String, String> environment(String address) {
        return Map.of(
                CheckpointStore.VARIABLE,
                address,
                "AWS_ENDPOINT_URL_S3",
                url(),
                "AWS_ACCESS_KEY_ID",
                IDENTITY,
                "AWS_SECRET_ACCESS_KEY",
                CREDENTIAL);
    }

    /// Has this process use it.
    public void useHere() {
        System.setProperty("aws.endpointUrlS3", url());
        System.setProperty("aws.accessKeyId", IDENTITY);
        System.setProperty("aws.secretAccessKey", CREDENTIAL);
    }

    /// Has it answer no more; what it holds stays.
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
