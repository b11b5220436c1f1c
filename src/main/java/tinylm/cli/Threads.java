package tinylm.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/// The option that says how many threads compute.
final class Threads {

    private static final int MOST = 256;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    private int count = Runtime.getRuntime().availableProcessors();

    @Option(names = "--threads", description = "Threads that compute, 1 to " + MOST + ". Default: all cores")
    void count(int value) {
        if (value < 1 || value > MOST) {
            throw new ParameterException(
                    command.commandLine(), "--threads must lie in 1.." + MOST + ", but is " + value);
        }
        count = value;
    }

    int count() {
        return count;
    }
}
