package tinylm.cli;

import static io.restassured.RestAssured.given;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import tinylm.runs.OwnCatalog;
import tinylm.store.S3Server;
import tinylm.web.TinyModelResource;

/// What a cluster is made of, on one machine: servers that share a PostgreSQL, an S3-compatible store and a ticket key,
/// and no folder, behind a HAProxy that takes them in turn and asks each whether it is ready.
final class Cluster implements AutoCloseable {

    static final Path HAPROXY = Path.of("/usr/sbin/haproxy");

    private final Path folder;
    private final EmbeddedPostgres database;
    private final S3Server store;
    private final TinyModelResource model = new TinyModelResource();
    private final String checkpoint = model.start().get("tinylm.checkpoint");
    private final int port = freePort();
    private final List<Integer> ports = new ArrayList<>();
    private final List<PackagedProcess> servers = new ArrayList<>();
    private Process proxy;

    Cluster(Path folder, int size) throws IOException {
        this.folder = folder;
        store = new S3Server(Files.createDirectories(folder.resolve("s3")));
        database = EmbeddedPostgres.start();
        try {
            startAll(size);
        } catch (IOException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void startAll(int size) throws IOException {
        for (int i = 0; i < size; i++) {
            ports.add(freePort());
            servers.add(start(ports.get(i)));
            lower(servers.get(i)); // one after the other: each wants all of the machine
        }
        proxy = startProxy();
        awaitReady();
    }

    /// Returns when the proxy has a server for whoever comes.
    void awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> given().baseUri(url()).get("/q/health/ready").statusCode() == 200);
    }

    /// The proxy's.
    String url() {
        return "http://" + address();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /// Ends one server by a signal, and starts it again at the same place.
    void restart(int server, String signal) throws IOException, InterruptedException {
        var old = servers.get(server);
        old.signal(signal);
        old.secondsToEnd(Duration.ofSeconds(30));
        if (signal.equals("TERM") && old.exitCode() != 0) {
            throw new AssertionError("ended with code " + old.exitCode() + ": " + old.output());
        }
        servers.set(server, start(ports.get(server)));
        lower(servers.get(server));
    }

    private PackagedProcess start(int at) throws IOException {
        var own = Files.createDirectories(folder.resolve("servers/" + at));
        var environment = new HashMap<>(store.environment("s3://" + S3Server.BUCKET + "/cluster"));
        environment.putAll(environment(own));
        return PackagedProcess.start(
                own, environment, "serve", "--port", Integer.toString(at), "--checkpoint", checkpoint);
    }

    private Map<String, String> environment(Path own) throws IOException {
        return Map.ofEntries(
                Map.entry("TINYLM_THREADS", "1"),
                Map.entry("TINYLM_TICKET_KEY", "a key of forty characters, for this test"),
                Map.entry("TINYLM_TRAINING_CATALOG", OwnCatalog.write(own).toString()),
                Map.entry("TINYLM_TRAINING_RUNTIME", own.toString()),
                Map.entry("TINYLM_TRAINING_DIRECTORY", own.resolve("runs").toString()),
                Map.entry("TINYLM_TRAINING_THREADS", "1"),
                Map.entry("TINYLM_TRAINING_LEASE", "20s"),
                Map.entry("TINYLM_TRAINING_ATTEMPTS", "1000"),
                Map.entry("QUARKUS_PROFILE", "postgresql"),
                Map.entry("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL", database.getJdbcUrl("postgres", "postgres")),
                Map.entry("QUARKUS_DATASOURCE_POSTGRESQL_USERNAME", "postgres"),
                Map.entry("QUARKUS_DATASOURCE_POSTGRESQL_PASSWORD", "postgres"));
    }

    /// Waits until it serves. From then on whatever starts comes first, and training, which is as nice as can be, gets
    /// its share.
    private static void lower(PackagedProcess server) throws IOException {
        server.address();
        new ProcessBuilder("sh", "-c", "renice -n 19 -p $(ls /proc/" + server.pid() + "/task) > /dev/null 2>&1")
                .start();
    }

    private Process startProxy() throws IOException {
        var config = new StringBuilder("""
                defaults
                    mode http
                    timeout connect 1s
                    timeout check 2s
                    timeout client 1m
                    timeout server 1m
                    timeout tunnel 10m
                    option redispatch
                listen tinylm
                    bind 127.0.0.1:%d
                    balance roundrobin
                    option httpchk
                    http-check send meth GET uri /q/health/ready ver HTTP/1.1 hdr Host localhost
                    default-server check inter 500ms fall 2 rise 1
                """.formatted(port));
        for (int each : ports) {
            config.append("    server s%d 127.0.0.1:%d%n".formatted(each, each));
        }
        var file = Files.writeString(folder.resolve("haproxy.cfg"), config);
        return new ProcessBuilder(HAPROXY.toString(), "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("haproxy.log").toFile())
                .start();
    }

    /// They outlive their servers.
    private Stream<ProcessHandle> workers() {
        var out = folder.resolve("servers").toString();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(out))
                        .isPresent());
    }

    private static int freePort() {
        try (var free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (proxy != null) {
            proxy.destroy();
        }
        servers.forEach(PackagedProcess::close);
        workers().forEach(ProcessHandle::destroyForcibly);
        database.close();
        store.close();
        model.stop();
    }
}
