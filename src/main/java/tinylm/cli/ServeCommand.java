package tinylm.cli;

import io.quarkus.runtime.Quarkus;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tinylm.checkpoint.Checkpoints;

/// `tinylm serve`: the page and the API.
@Command(
        name = "serve",
        description = "Serves the page and the API until it is stopped.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ServeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            description = "Address to listen on. Default: ${DEFAULT-VALUE}, this machine alone")
    private String host;

    @Option(names = "--port", defaultValue = "8080", description = "0 takes any free one. Default: ${DEFAULT-VALUE}")
    private int port;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "A checkpoint, or a run's folder for its best. Default: data/checkpoint")
    private Path checkpoint = Home.CHECKPOINT;

    @Option(names = "--insecure", description = "Listen beyond this machine although nobody has to sign in")
    private boolean insecure;

    @Override
    public Integer call() {
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "--port must lie in 0..65535, but is " + port);
        }
        if (!insecure && !isThisMachine()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--host " + host + " lets other machines in, and nobody has to sign in; say --insecure if that is"
                            + " meant");
        }
        Checkpoints.load(checkpoint); // a bad one is refused before anything starts
        System.setProperty("quarkus.http.host", host);
        System.setProperty("quarkus.http.port", Integer.toString(port));
        System.setProperty("tinylm.checkpoint", checkpoint.toAbsolutePath().toString());
        System.setProperty("tinylm.runs[0]", Home.RUNTIME.toAbsolutePath().toString());
        System.setProperty(
                "tinylm.runs[1]", Home.RUNTIME.toAbsolutePath().resolve("runs").toString());
        AtomicInteger code = new AtomicInteger();
        Quarkus.run(null, (exitCode, failure) -> {
            code.set(failure == null ? exitCode : 1);
            if (failure != null) {
                spec.commandLine().getErr().println("tinylm: the server did not start: " + innermost(failure));
            }
        });
        return code.get();
    }

    private static String innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private boolean isThisMachine() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ParameterException(spec.commandLine(), "--host " + host + " is no address of this machine");
        }
    }
}
