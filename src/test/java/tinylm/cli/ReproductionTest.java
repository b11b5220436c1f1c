package tinylm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tinylm.card.Reproduction;
import tinylm.model.GptConfig;
import tinylm.runs.Run;
import tinylm.runs.RunChange;
import tinylm.runs.RunState;
import tinylm.runs.Wanted;
import tinylm.training.DecayShape;
import tinylm.training.OptimizerKind;
import tinylm.training.Preset;
import tinylm.training.Stage;
import tinylm.training.TrainingConfig;

/// The command of a report card, read by the program's own parser.
class ReproductionTest {

    private record Parsed(TrainingOptions options, int threads, Optional<String> corpus, boolean resume) {}

    private static Parsed parsed(List<String> words) {
        assertEquals(List.of("./tinylm", "train"), words.subList(0, 2));
        var line = new CommandLine(new TrainCommand()).setCaseInsensitiveEnumValuesAllowed(true);
        var result = line.parseArgs(words.subList(2, words.size()).toArray(String[]::new));
        var mixins = line.getCommandSpec().mixins();
        return new Parsed(
                (TrainingOptions) mixins.get("options").userObject(),
                ((Threads) mixins.get("threads").userObject()).count(),
                Optional.ofNullable(result.matchedOptionValue("--corpus", null)).map(Object::toString),
                result.hasMatchedOption("--resume"));
    }

    @ParameterizedTest
    @EnumSource
    void a_preset_as_it_is_needs_its_name_and_seed_alone(Preset preset) {
        var config = preset.config().withVocabSize(65);
        var words = Reproduction.of(run(preset, config, "tinyshakespeare"), List.of(), OptionalInt.of(3))
                .commands()
                .getFirst();
        var name = preset.name().toLowerCase(Locale.ROOT);
        assertEquals(
                List.of(
                        "./tinylm",
                        "train",
                        "--preset",
                        name,
                        "--seed",
                        "1",
                        "--threads",
                        "3",
                        "--out",
                        "data/runtime/run-1-again"),
                words);
        assertEquals(config, parsed(words).options().config(65));
        assertEquals(3, parsed(words).threads());
    }

    @ParameterizedTest
    @EnumSource
    void any_config_comes_back_from_the_command_to_the_last_bit(Preset preset) {
        for (int seed = 0; seed < 300; seed++) {
            var config = config(preset.config(), new Random(seed));
            var again = Reproduction.of(run(preset, config, "own"), List.of(), OptionalInt.of(1 + seed % 256));
            assertEquals(1, again.commands().size());
            var parsed = parsed(again.commands().getFirst());
            assertEquals(config, parsed.options().config(config.model().vocabSize()), "seed " + seed);
            assertEquals(1 + seed % 256, parsed.threads());
            assertEquals(Optional.of("own.txt"), parsed.corpus());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "-h", "it's; rm -rf $HOME `id` \"x\"", "two\nlines", "a/../b", "Ünï", "--seed", "~"})
    void a_shell_passes_on_every_word_of_it(String corpus) throws Exception {
        var config = config(Preset.DEMO.config(), new Random(1));
        var again = Reproduction.of(run(Preset.DEMO, config, corpus), List.of(), OptionalInt.of(2));
        var shell = new ProcessBuilder("sh", "-c", "set -- " + again.shell() + "\nprintf '%s\\0' \"$@\"")
                .redirectErrorStream(true);
        shell.environment().put("LC_ALL", "C.UTF-8");
        var process = shell.start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        var words = again.commands().getFirst();
        assertEquals(words, List.of(said.split("\0")));
        var parsed = parsed(words);
        assertEquals(config, parsed.options().config(config.model().vocabSize()));
        assertEquals(again.corpusFile(), parsed.corpus());
        assertFalse(parsed.corpus().orElseThrow().replaceFirst("^\\./", "").contains("/"));
    }

    @Test
    void a_run_that_was_extended_when_done_is_trained_in_as_many_parts() {
        var config = Preset.DEMO.config().withSteps(800);
        var again = Reproduction.of(
                run(Preset.DEMO, config, "own"),
                List.of(
                        change(RunState.QUEUED, RunState.STARTING, ""),
                        change(RunState.SUCCEEDED, RunState.QUEUED, "Extended by 200 steps."),
                        change(RunState.SUCCEEDED, RunState.QUEUED, "Extended by 100 steps."),
                        change(RunState.RUNNING, RunState.FAILED, "Extended by 7 steps.")),
                OptionalInt.of(2));
        assertTrue(again.isExact());
        assertEquals(3, again.commands().size());
        var first = parsed(again.commands().get(0));
        assertEquals(config.withSteps(500), first.options().config(65));
        assertFalse(first.resume());
        var second = parsed(again.commands().get(1));
        assertTrue(second.resume());
        assertEquals(config.withSteps(700), second.options().resumed(config.withSteps(500)));
        assertEquals(config, parsed(again.commands().get(2)).options().resumed(config.withSteps(700)));
    }

    @Test
    void a_run_that_was_extended_before_its_end_says_that_commands_are_not_enough() {
        var again = Reproduction.of(
                run(Preset.DEMO, Preset.DEMO.config().withSteps(600), "own"),
                List.of(change(RunState.STOPPED, RunState.QUEUED, "Extended by 100 steps.")),
                OptionalInt.of(2));
        assertFalse(again.isExact());
    }

    private static RunChange change(RunState from, RunState to, String reason) {
        return new RunChange(Instant.EPOCH, from, to, reason);
    }

    /// Some values the preset's, some any in their ranges.
    private static TrainingConfig config(TrainingConfig usual, Random random) {
        int heads = random.nextBoolean() ? usual.model().nHead() : 1 + random.nextInt(8);
        int context = random.nextBoolean() ? usual.model().contextLength() : 128 + random.nextInt(1000);
        var curriculum = new ArrayList<Stage>();
        double until = 0;
        while (random.nextInt(3) > 0 && until < 0.9) {
            until += (1 - until) * random.nextDouble();
            curriculum.add(new Stage(1 + random.nextInt(context), until));
        }
        return new TrainingConfig(
                new GptConfig(
                        2 + random.nextInt(500),
                        context,
                        random.nextBoolean() ? usual.model().nLayer() : 1 + random.nextInt(12),
                        heads,
                        heads * (1 + random.nextInt(64)),
                        random.nextBoolean() ? usual.model().dropout() : random.nextDouble()),
                random.nextBoolean() ? usual.steps() : 1 + random.nextInt(10_000_000),
                random.nextBoolean() ? usual.batchSize() : 1 + random.nextInt(4096),
                OptimizerKind.values()[random.nextInt(OptimizerKind.values().length)],
                random.nextBoolean() ? usual.learningRate() : random.nextDouble() * 1e-3 + Double.MIN_VALUE,
                random.nextBoolean() ? usual.muonLearningRate() : 1 - random.nextDouble(),
                random.nextBoolean() ? usual.weightDecay() : random.nextDouble() * 10,
                random.nextBoolean() ? usual.clip() : random.nextDouble() * 1e6 + 1e-12,
                random.nextBoolean() ? usual.warmup() : random.nextDouble(),
                DecayShape.values()[random.nextInt(DecayShape.values().length)],
                random.nextBoolean() && usual.model().contextLength() <= context ? usual.curriculum() : curriculum,
                random.nextBoolean() ? usual.evaluationInterval() : 1 + random.nextInt(1000),
                random.nextInt(20),
                random.nextBoolean() ? usual.seed() : random.nextLong());
    }

    private static Run run(Preset preset, TrainingConfig config, String corpus) {
        return new Run(
                "run-1",
                new Run.Order(
                        "any",
                        preset.name().toLowerCase(Locale.ROOT),
                        config,
                        corpus,
                        "0".repeat(64),
                        Optional.empty()),
                new Run.Status(RunState.SUCCEEDED, "", Wanted.GO_ON, 1, 0),
                Optional.empty(),
                new Run.Progress(
                        0,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        Optional.empty(),
                        OptionalLong.empty()),
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty());
    }
}
