package tinylm.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.Checkpoints;
import tinylm.model.GptConfig;
import tinylm.model.Torch;
import tinylm.text.Corpus;

class TrainerTest {

    private static final int STEPS = 24;

    @TempDir
    private Path folder;

    private final Corpus corpus = OwnText.corpus(20_000);

    @BeforeEach
    void load() {
        Torch.load(2);
    }

    @ParameterizedTest
    @EnumSource(OptimizerKind.class)
    void a_run_stopped_at_any_instant_and_resumed_ends_with_the_same_bits(OptimizerKind optimizer) {
        TrainingConfig config = config(optimizer);
        var through = folder.resolve("through");
        AtomicInteger all = new AtomicInteger();
        List<TrainingEvent> evaluations = new ArrayList<>();
        try (Trainer trainer = Trainer.start(config, corpus, through, event -> evaluated(event, evaluations))) {
            assertInstanceOf(Ending.Completed.class, trainer.run(() -> all.incrementAndGet() < 0));
        }
        assertTrue(all.get() > STEPS, "it is asked in the middle of a step, too");
        SplittableRandom random = new SplittableRandom(17);
        for (int trial = 0; trial < 6; trial++) {
            Path run = folder.resolve("stopped-" + trial);
            int asked = random.nextInt(all.get());
            AtomicInteger questions = new AtomicInteger();
            List<TrainingEvent> both = new ArrayList<>();
            try (Trainer trainer = Trainer.start(config, corpus, run, event -> evaluated(event, both))) {
                assertInstanceOf(Ending.Stopped.class, trainer.run(() -> questions.incrementAndGet() > asked));
            }
            try (Trainer trainer = Trainer.resume(config, corpus, run, event -> evaluated(event, both), newest(run))) {
                assertInstanceOf(Ending.Completed.class, trainer.run(() -> false));
            }
            assertEquals(evaluations, both, "stopped at question " + asked);
            assertEquals(newest(through).sha256(), newest(run).sha256(), "stopped at question " + asked);
        }
    }

    @Test
    void a_run_stopped_in_an_evaluation_is_scored_when_it_is_resumed() {
        TrainingConfig config = config(OptimizerKind.MUON);
        AtomicBoolean stop = new AtomicBoolean();
        try (Trainer trainer = Trainer.start(config, corpus, folder, event -> {
            if (event instanceof TrainingEvent.Stepped stepped && stepped.step() == STEPS) {
                stop.set(true);
            }
        })) {
            assertInstanceOf(Ending.Stopped.class, trainer.run(stop::get));
        }
        assertTrue(Double.isNaN(newest(folder).manifest().orElseThrow().validationLoss()));
        try (Trainer trainer = Trainer.resume(config, corpus, folder, _ -> {}, newest(folder))) {
            assertInstanceOf(Ending.Completed.class, trainer.run(() -> false));
        }
        assertTrue(newest(folder).manifest().orElseThrow().validationLoss() > 0);
    }

    @Test
    void a_run_stopped_right_after_an_evaluation_keeps_its_losses() {
        TrainingConfig config = config(OptimizerKind.MUON);
        List<TrainingEvent> evaluations = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        try (Trainer trainer = Trainer.start(config, corpus, folder, event -> {
            evaluated(event, evaluations);
            stop.set(!evaluations.isEmpty());
        })) {
            assertInstanceOf(Ending.Stopped.class, trainer.run(stop::get));
        }
        var evaluation = (TrainingEvent.Evaluated) evaluations.getFirst();
        for (int stopped = 0; stopped < 2; stopped++) {
            var saved = newest(folder).manifest().orElseThrow();
            assertEquals(evaluation.step(), saved.step());
            assertEquals(evaluation.validationLoss(), saved.validationLoss());
            assertEquals(evaluation.trainLoss(), saved.provenance().trainLoss());
            try (Trainer trainer =
                    Trainer.resume(config, corpus, folder, event -> evaluated(event, evaluations), newest(folder))) {
                assertInstanceOf(Ending.Stopped.class, trainer.run(() -> true));
            }
        }
        assertEquals(List.of(evaluation), evaluations);
    }

    @Test
    void another_seed_ends_with_other_weights() {
        TrainingConfig config = config(OptimizerKind.MUON);
        TrainingConfig other = new TrainingConfig(
                config.model(),
                STEPS,
                8,
                OptimizerKind.MUON,
                2e-3,
                0.01,
                0.1,
                1,
                0.1,
                DecayShape.LINEAR,
                config.curriculum(),
                10,
                0,
                2);
        assertNotEquals(weightsAfter(config, folder.resolve("one")), weightsAfter(other, folder.resolve("two")));
    }

    @Test
    void saved_equals_loaded() {
        try (Trainer trainer = Trainer.start(config(OptimizerKind.MUON), corpus, folder, _ -> {})) {
            trainer.run(() -> false);
            Checkpoint saved = newest(folder);
            saved.weights().forEach((name, tensor) -> {
                float[] values = new float[tensor.data().remaining()];
                tensor.data().get(values);
                assertTrue(Arrays.equals(trainer.model().parameters().get(name).toFloatArray(), values), name);
            });
        }
    }

    @Test
    void one_batch_is_learnt_by_heart() {
        GptConfig model = new GptConfig(corpus.tokenizer().vocabSize(), 32, 2, 2, 64, 0);
        List<Double> losses = new ArrayList<>();
        try (Trainer trainer = Trainer.start(
                new TrainingConfig(
                        model,
                        250,
                        4,
                        OptimizerKind.MUON,
                        2e-3,
                        0.01,
                        0,
                        1,
                        0.02,
                        DecayShape.LINEAR,
                        List.of(),
                        1000,
                        0,
                        1),
                new Corpus(
                        "one batch",
                        corpus.sha256(),
                        corpus.tokenizer(),
                        Arrays.copyOf(corpus.trainIds(), 33),
                        corpus.validationIds()),
                folder,
                event -> {
                    if (event instanceof TrainingEvent.Stepped stepped) {
                        losses.add(stepped.loss());
                    }
                })) {
            trainer.run(() -> false);
        }
        assertTrue(losses.getLast() < 0.02, "loss " + losses.getLast());
    }

    @Test
    void the_demo_preset_learns_in_200_steps() {
        Corpus text = OwnText.corpusOrTinyShakespeare();
        TrainingConfig config = Preset.DEMO
                .config()
                .withSteps(200)
                .withVocabSize(text.tokenizer().vocabSize());
        try (Trainer trainer = Trainer.start(config, text, folder, _ -> {})) {
            trainer.run(() -> false);
        }
        double loss = newest(folder).manifest().orElseThrow().validationLoss();
        assertTrue(loss < 2.35, "validation loss " + loss);
    }

    @Test
    void no_array_outlives_its_step() {
        List<Integer> counts = new ArrayList<>();
        try (Trainer trainer = Trainer.start(config(OptimizerKind.MUON), corpus, folder, _ -> {})) {
            trainer.run(() -> {
                counts.add(trainer.model()
                        .parameters()
                        .get("transformer.wte.weight")
                        .getManager()
                        .getManagedArrays()
                        .size());
                return false;
            });
        }
        assertEquals(1, counts.stream().distinct().count(), "arrays owned by the model over time: " + counts);
    }

    @Test
    void what_a_checkpoint_holds_is_told_before_it_is_there() {
        var told = new ArrayList<Long>();
        var saving = new ArrayList<Long>();
        try (var trainer = Trainer.start(config(OptimizerKind.ADAMW), corpus, folder, event -> {
            switch (event) {
                case TrainingEvent.Stepped stepped -> told.add(stepped.step());
                case TrainingEvent.Evaluated _ -> {}
                case TrainingEvent.Saving one -> {
                    assertEquals(one.step(), told.size());
                    assertTrue(Checkpoints.newest(folder, _ -> {}).stream()
                            .allMatch(newest -> newest.manifest().orElseThrow().step() < one.step()));
                    saving.add(one.step());
                }
                case TrainingEvent.Saved saved -> assertEquals(saving.getLast(), saved.step());
            }
        })) {
            trainer.run(() -> false);
        }
        assertEquals(List.of(0L, 10L, 20L, (long) STEPS), saving);
    }

    @Test
    void a_run_whose_validation_loss_rises_ends_early_also_when_it_was_stopped_in_between() {
        var config = patient(3);
        var through = plateau(config, folder.resolve("through"), () -> false);
        assertTrue(through.step() < config.steps(), "at step " + through.step());
        assertEquals(through.bestStep() + 3 * config.evaluationInterval(), through.step());
        var questions = new AtomicInteger();
        assertEquals(through, plateau(config, folder.resolve("stopped"), () -> questions.incrementAndGet() % 37 == 0));
    }

    /// Learns a text by heart that says nothing about the rest.
    private TrainingConfig patient(int patience) {
        return new TrainingConfig(
                new GptConfig(corpus.tokenizer().vocabSize(), 16, 1, 1, 32, 0),
                2000,
                8,
                OptimizerKind.MUON,
                2e-3,
                0.02,
                0,
                1,
                0,
                DecayShape.LINEAR,
                List.of(),
                10,
                patience,
                1);
    }

    private Ending.Plateaued plateau(TrainingConfig config, Path run, BooleanSupplier stop) {
        var text = new Corpus(
                "short",
                corpus.sha256(),
                corpus.tokenizer(),
                Arrays.copyOf(corpus.trainIds(), 100),
                corpus.validationIds());
        while (true) {
            try (var trainer = Checkpoints.newest(run, _ -> {})
                    .map(newest -> Trainer.resume(config, text, run, _ -> {}, newest))
                    .orElseGet(() -> Trainer.start(config, text, run, _ -> {}))) {
                if (trainer.run(stop) instanceof Ending.Plateaued plateaued) {
                    return plateaued;
                }
            }
        }
    }

    @Test
    void a_run_that_goes_astray_ends_and_what_was_good_is_there() {
        var own = config(OptimizerKind.ADAMW);
        var map = own.toMap();
        map.put("learningRate", 1.0);
        map.put("clip", 1e6);
        var config = TrainingConfig.fromMap(map);
        try (var trainer = Trainer.start(config, corpus, folder, _ -> {})) {
            var diverged = assertInstanceOf(Ending.Diverged.class, trainer.run(() -> false));
            assertTrue(diverged.sentence().endsWith("."), diverged.sentence());
            assertTrue(diverged.step() < config.steps());
        }
        assertEquals(0, newest(folder).manifest().orElseThrow().step());
        assertEquals(0, Checkpoints.goBack(folder), "no evaluation, nothing good");
        assertTrue(Checkpoints.newest(folder, _ -> {}).isEmpty());
    }

    @Test
    void a_checkpoint_of_another_shape_is_not_resumed() {
        TrainingConfig config = config(OptimizerKind.MUON);
        weightsAfter(config, folder);
        TrainingConfig wider = new TrainingConfig(
                new GptConfig(config.model().vocabSize(), 32, 2, 2, 64, 0),
                STEPS,
                8,
                OptimizerKind.MUON,
                2e-3,
                0.01,
                0.1,
                1,
                0.1,
                DecayShape.LINEAR,
                List.of(),
                10,
                0,
                1);
        assertThrows(
                IllegalArgumentException.class, () -> Trainer.resume(wider, corpus, folder, _ -> {}, newest(folder)));
    }

    @Test
    void a_config_survives_its_way_through_a_checkpoint() {
        TrainingConfig config = config(OptimizerKind.ADAMW);
        assertEquals(config, TrainingConfig.fromMap(config.toMap()));
    }

    private TrainingConfig config(OptimizerKind optimizer) {
        return new TrainingConfig(
                new GptConfig(corpus.tokenizer().vocabSize(), 32, 2, 2, 32, 0.1),
                STEPS,
                128, // two micro-batches
                optimizer,
                2e-3,
                0.01,
                0.1,
                1,
                0.1,
                DecayShape.LINEAR,
                List.of(new Stage(16, 0.5)),
                10,
                0,
                1);
    }

    private String weightsAfter(TrainingConfig config, Path run) {
        try (Trainer trainer = Trainer.start(config, corpus, run, _ -> {})) {
            assertInstanceOf(Ending.Completed.class, trainer.run(() -> false));
        }
        return newest(run).sha256();
    }

    private static void evaluated(TrainingEvent event, List<TrainingEvent> evaluations) {
        if (event instanceof TrainingEvent.Evaluated) {
            evaluations.add(event);
        }
    }

    private static Checkpoint newest(Path run) {
        return Checkpoints.newest(run, _ -> {}).orElseThrow();
    }
}
