package tinylm.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

@Command(
        name = "tinylm",
        description = "A language model you can hold in your hand.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = "  test      Runs all tests (Maven's verify).",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            HelpCommand.class,
            ServeCommand.class,
            TrainCommand.class,
            GenerateCommand.class,
            ScoreCommand.class,
            BenchCommand.class
        })
final class TinylmCommand {}
