package tinylm.cli;

import io.quarkus.runtime.Quarkus;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import sun.misc.Signal;
import tinylm.checkpoint.Checkpoints;

/// `tinylm serve`: the page and the API.
@Command(
        name = "serve",
        description = "Serves the page and the API until it is stopped.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {

    private static final long END_AGAIN_NANOS = 100_000_000;

    @Spec
    private CommandSpec spec;

    @Option(names = "--host", description = "Address to listen on. Default: 127.0.0.1, this machine alone")
    private Optional<String> host;

    @Option(names = "--port", description = "0 takes any free one. Default: 8080")
    private Optional<Integer> port;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "A checkpoint, or a run's folder for its best. Default: data/checkpoint")
    private Path checkpoint = Home.CHECKPOINT;

    @Option(names = "--insecure", description = "Listen beyond this machine although there are no keys")
    private boolean insecure;

    @Override
    public Integer call() {
        if (port.isPresent() && (port.get() < 0 || port.get() > 65535)) {
            throw new ParameterException(spec.commandLine(), "--port must lie in 0..65535, but is " + port.get());
        }
        host.ifPresent(this::requireAddress);
        Checkpoints.load(checkpoint); // a bad one is refused before anything starts
        // what was not said here may be said by the environment or a file
        host.ifPresent(address -> System.setProperty("quarkus.http.host", address));
        port.ifPresent(number -> System.setProperty("quarkus.http.port", Integer.toString(number)));
        if (insecure) {
            System.setProperty("tinylm.insecure", "true");
        }
        System.setProperty("tinylm.checkpoint", checkpoint.toAbsolutePath().toString());
        System.setProperty("tinylm.runs[0]", Home.RUNTIME.toAbsolutePath().toString());
        System.setProperty(
                "tinylm.runs[1]", Home.RUNTIME.toAbsolutePath().resolve("runs").toString());
        Signal.handle(new Signal("TERM"), _ -> Thread.ofPlatform().daemon().start(ServeCommand::end));
        AtomicInteger code = new AtomicInteger();
        Quarkus.run(null, (exitCode, failure) -> {
            code.set(failure == null ? exitCode : 1);
            if (failure != null) {
                spec.commandLine().getErr().println("tinylm: the server did not start: " + innermost(failure));
            }
        });
        return code.get();
    }

    /// With code 0, as asked; the JVM's own way gives 143. Says it until it is heard: Quarkus forgets it while it
    /// starts.
    private static void end() {
        while (true) {
            Quarkus.asyncExit(0);
            LockSupport.parkNanos(END_AGAIN_NANOS);
        }
    }

    private static String innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private void requireAddress(String address) {
        try {
            InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new ParameterException(spec.commandLine(), "--host " + address + " is no address of this machine");
        }
    }
}
