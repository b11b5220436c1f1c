package tinylm.cli;

import picocli.CommandLine.Command;

@Command(
        name = "tinylm",
        description = "A language model you can hold in your hand.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ServeCommand.class,
            TrainCommand.class,
            GenerateCommand.class,
            ScoreCommand.class,
            BenchCommand.class
        })
final class TinylmCommand {}
