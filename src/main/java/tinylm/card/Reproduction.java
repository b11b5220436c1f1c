package tinylm.card;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import tinylm.runs.Run;
import tinylm.runs.RunChange;
import tinylm.runs.RunState;
import tinylm.training.Preset;
import tinylm.training.TrainingConfig;

/// The commands that train the same again: one, and one more for each time that the run was extended, for until then
/// its learning rate went another way.
///
/// @param commands words as the program gets them
/// @param corpusFile stands in them for the file with the text; empty where it is the one learnt by default
/// @param isExact false when the run was extended before its last step or its learning rate was halved on the way,
/// which
/// no option says
public record Reproduction(List<List<String>> commands, Optional<String> corpusFile, boolean isExact) {

    private static final String DEFAULT_CORPUS = "tinyshakespeare";

    /// @param threads of the workers; empty while none has begun
    public static Reproduction of(Run run, List<RunChange> changes, OptionalInt threads) {
        var extensions = changes.stream()
                .filter(change -> change.extension().isPresent())
                .toList();
        var order = run.order();
        long steps = order.config().steps()
                - extensions.stream()
                        .mapToLong(change -> change.extension().getAsLong())
                        .sum();
        var corpus = order.corpus().equals(DEFAULT_CORPUS) ? Optional.<String>empty() : Optional.of(file(order));
        var surroundings = new ArrayList<String>();
        threads.ifPresent(count -> surroundings.addAll(List.of("--threads", Integer.toString(count))));
        corpus.ifPresent(file -> surroundings.addAll(List.of("--corpus", file)));
        surroundings.addAll(List.of("--out", "data/runtime/" + run.id() + "-again"));

        var commands = new ArrayList<List<String>>();
        commands.add(command(options(order.preset(), order.config().withSteps((int) steps)), surroundings));
        for (var extension : extensions) {
            steps += extension.extension().getAsLong();
            commands.add(command(List.of("--resume", "--steps", Long.toString(steps)), surroundings));
        }
        boolean isExact = extensions.stream().allMatch(change -> change.from() == RunState.SUCCEEDED)
                && changes.stream().noneMatch(RunChange::isHalving);
        return new Reproduction(commands, corpus, isExact);
    }

    /// Whatever differs from the preset, and the seed.
    private static List<String> options(String preset, TrainingConfig config) {
        var options = new ArrayList<>(List.of("--preset", preset));
        var usual = config(preset);
        for (var knob : Knob.values()) {
            if (knob == Knob.SEED || !knob.value(config).equals(knob.value(usual))) {
                options.addAll(List.of(knob.option(), knob.value(config)));
            }
        }
        return options;
    }

    static TrainingConfig config(String preset) {
        return Preset.find(preset).orElseThrow().config();
    }

    private static List<String> command(List<String> options, List<String> surroundings) {
        var words = new ArrayList<>(List.of("./tinylm", "train"));
        words.addAll(options);
        words.addAll(surroundings);
        return words;
    }

    private static String file(Run.Order order) {
        var name = order.corpus().replace('/', '_');
        return (name.startsWith("-") ? "./" : "") + name + (name.endsWith(".txt") ? "" : ".txt");
    }

    /// Lines for a POSIX shell.
    public String shell() {
        return commands.stream()
                .map(words -> words.stream().map(Reproduction::quoted).collect(Collectors.joining(" ")))
                .collect(Collectors.joining("\n"));
    }

    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./:,=+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
