package tinylm.cli;

import io.quarkus.runtime.annotations.QuarkusMain;
import picocli.CommandLine;

/// Where every command starts. Only `serve` starts Quarkus; the others are plain programs, which start in a second.
@QuarkusMain
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /// Exit code 0 on success, 2 for wrong usage, 1 for a failure, with one sentence on standard error.
    static int run(String... arguments) {
        CommandLine commandLine = new CommandLine(new TinylmCommand());
        commandLine
                .getSubcommands()
                .values()
                .forEach(one -> one.getCommandSpec().versionProvider(new Version()));
        commandLine
                .getSubcommands()
                .get("train")
                .getCommandSpec()
                .usageMessage()
                .footer(TrainingOptions.table());
        return commandLine
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((wrong, _) -> {
                    CommandLine command = wrong.getCommandLine();
                    command.getErr().println("tinylm: " + sentence(wrong));
                    command.getErr().println("See " + command.getCommandSpec().qualifiedName() + " --help.");
                    return 2;
                })
                .setExecutionExceptionHandler((failure, command, _) -> {
                    command.getErr().println("tinylm: " + sentence(failure));
                    return 1;
                })
                .execute(arguments);
    }

    private static String sentence(Exception failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.toString() : message;
    }
}
