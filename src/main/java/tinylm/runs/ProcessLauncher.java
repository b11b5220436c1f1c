package tinylm.runs;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tinylm.store.CheckpointStore;

/// Starts a worker as a process of this machine, with a heap, threads and a priority of its own. It outlives the
/// server: a Ctrl-C in the server's terminal does not reach it where the system has sessions.
public final class ProcessLauncher implements Launcher {

    /// What the worker says, in the run's folder.
    public static final String LOG = "log.txt";

    /// Clocks differ by less between a process's start and our note of it.
    private static final Duration SAME_START = Duration.ofSeconds(30);

    private final List<String> program;
    private final Supplier<URI> server;
    private final int threads;
    private final Optional<String> store;

    /// @param program the command that starts tinylm, up to its own arguments
    /// @param server where workers report
    /// @param threads of one operation
    /// @param store as [CheckpointStore#of] takes it
    public ProcessLauncher(List<String> program, Supplier<URI> server, int threads, Optional<String> store) {
        this.program = List.copyOf(program);
        this.server = server;
        this.threads = threads;
        this.store = store;
    }

    /// The program that this server is, started anew: the same Java with the same classes.
    ///
    /// @param home the project's folder
    public static List<String> thisProgram(String home) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-Dtinylm-home=" + home,
                "-cp",
                classPath(),
                "tinylm.cli.Main");
    }

    private static String classPath() {
        var own = System.getProperty("java.class.path");
        if (!own.endsWith("quarkus-run.jar")) {
            return own;
        }
        var application = Path.of(own).toAbsolutePath().getParent();
        return String.join(
                File.pathSeparator,
                Stream.of("app", "lib/boot", "lib/main")
                        .map(folder -> application.resolve(folder).resolve("*").toString())
                        .toList());
    }

    @Override
    public long launch(Order order) throws IOException {
        var directory = order.directory();
        var worker = start(
                List.of("train", "--worker", "--out", directory.toString(), "--threads", Integer.toString(threads)),
                directory.resolve(LOG),
                Map.of(Job.SERVER, server.get().toString(), Job.TOKEN, order.token()));
        worker.onExit().thenAccept(process -> order.ended().accept(process.exitValue()));
        return worker.pid();
    }

    @Override
    public long measure(Path file) throws IOException {
        return start(
                        List.of(
                                "bench",
                                "--presets",
                                "--json",
                                file.toString(),
                                "--threads",
                                Integer.toString(threads)),
                        file.resolveSibling(file.getFileName() + "." + LOG),
                        Map.of())
                .pid();
    }

    private Process start(List<String> arguments, Path log, Map<String, String> own) throws IOException {
        var command = new ArrayList<String>();
        wrapper("setsid").ifPresent(command::add);
        wrapper("nice").ifPresent(nice -> command.addAll(List.of(nice, "-n", "10")));
        command.addAll(program);
        command.addAll(arguments);
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(nothing()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        var environment = builder.environment();
        environment.putAll(own);
        store.ifPresent(address -> environment.put(CheckpointStore.VARIABLE, address));
        environment.put("DJL_OFFLINE", "true");
        // training shares the cores with visitors: threads that wait for each other must not spin
        environment.put("OMP_WAIT_POLICY", "passive");
        // glibc's malloc returns large tensors to the kernel at every step unless told otherwise
        environment.put("MALLOC_MMAP_THRESHOLD_", "4294967296");
        environment.put("MALLOC_TRIM_THRESHOLD_", "17179869184");
        environment.put("MALLOC_TOP_PAD_", "268435456");
        environment.putIfAbsent("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"); // in huge pages
        return builder.start();
    }

    private static File nothing() {
        return new File(File.separatorChar == '/' ? "/dev/null" : "NUL");
    }

    private static Optional<String> wrapper(String name) {
        return Stream.of("/usr/bin", "/bin")
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    @Override
    public void kill(Run.Worker worker) {
        ProcessHandle.of(worker.pid())
                .filter(process -> process.info()
                        .startInstant()
                        .map(start -> Duration.between(worker.startedAt(), start)
                                        .abs()
                                        .compareTo(SAME_START)
                                < 0)
                        .orElse(false))
                .ifPresent(ProcessHandle::destroyForcibly);
    }
}
