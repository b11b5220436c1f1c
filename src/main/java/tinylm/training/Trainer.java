package tinylm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import tinylm.checkpoint.Checkpoint;
import tinylm.checkpoint.CheckpointContents;
import tinylm.checkpoint.Checkpoints;
import tinylm.checkpoint.Manifest;
import tinylm.checkpoint.Provenance;
import tinylm.checkpoint.Tensor;
import tinylm.model.Gpt;
import tinylm.model.Torch;
import tinylm.text.Corpus;
import tinylm.training.GradientStep.Result;

/// One training run. Weights after N steps are the same bits whether the run went through or was stopped at any
/// instant and resumed: batch and dropout are functions of (seed, step), and a checkpoint holds all else.
///
/// Owned by one thread; one run at a time in a process.
public final class Trainer implements AutoCloseable {

    private static final long SAVE_EVERY_NANOS = 60_000_000_000L;

    private final TrainingConfig config;
    private final Corpus corpus;
    private final Path directory;
    private final Consumer<TrainingEvent> listener;
    private final NDManager manager;
    private final Gpt model;
    private final Optimizers optimizers;
    private final GradientStep gradients;
    private final Batches batches;
    private final LearningRate schedule;
    private final double worstLoss;
    private long step;
    private boolean unscored; // the weights are due for an evaluation
    private boolean unsaved; // they are fresh
    private double bestLoss = Double.POSITIVE_INFINITY;
    private long bestStep;
    private double newestLoss;
    private double validationLoss = Double.NaN; // of the weights as they are
    private double trainLoss = Double.NaN; // mean since the evaluation before
    private long trainLossSteps;
    private long savedAt = System.nanoTime();
    private long steppedAt = System.nanoTime();

    private Trainer(
            TrainingConfig config,
            Corpus corpus,
            Path directory,
            Consumer<TrainingEvent> listener,
            NDManager manager,
            Gpt model,
            long step) {
        Torch.recordNoGradients();
        this.config = config;
        this.corpus = corpus;
        this.directory = directory;
        this.listener = listener;
        this.manager = manager;
        this.model = model;
        this.step = step;
        this.optimizers = new Optimizers(manager, config, model.parameters());
        this.batches = new Batches(corpus.trainIds(), config);
        this.gradients = new GradientStep(model, config.seed());
        this.schedule = config.schedule();
        this.worstLoss = 2 * Math.log(config.model().vocabSize()) + 1; // fresh weights guess: log(vocabSize)
        gradients.warmUp(manager);
    }

    /// A run from fresh weights that saves into `directory`.
    public static Trainer start(
            TrainingConfig config, Corpus corpus, Path directory, Consumer<TrainingEvent> listener) {
        NDManager manager = NDManager.newBaseManager();
        Gpt model = Gpt.initialize(manager, config.model(), config.seed());
        Trainer trainer = new Trainer(config, corpus, directory, listener, manager, model, 0);
        trainer.unsaved = true;
        return trainer;
    }

    /// The run that saved `checkpoint`, from there on. `config` may differ from the checkpoint's in the number of
    /// steps.
    ///
    /// @throws IllegalArgumentException when the checkpoint does not hold what this run needs
    public static Trainer resume(
            TrainingConfig config,
            Corpus corpus,
            Path directory,
            Consumer<TrainingEvent> listener,
            Checkpoint checkpoint) {
        if (!checkpoint.config().equals(config.model())) {
            throw new IllegalArgumentException(checkpoint.directory() + " holds a model of shape " + checkpoint.config()
                    + ", but the run's is " + config.model());
        }
        NDManager manager = NDManager.newBaseManager();
        Manifest manifest = checkpoint.manifest().orElseThrow();
        Gpt model = checkpoint.model(manager);
        Trainer trainer = new Trainer(config, corpus, directory, listener, manager, model, manifest.step());
        if (config.patience() > 0) { // else nobody asks, and every checkpoint would be read for it
            trainer.rememberBest();
        }
        trainer.validationLoss = manifest.validationLoss();
        trainer.trainLoss = manifest.provenance().trainLoss();
        trainer.trainLossSteps = manifest.provenance().trainLossSteps();
        trainer.unscored = Double.isNaN(trainer.validationLoss) && trainer.isScored(manifest.step());
        Map<String, Tensor> saved = checkpoint.optimizer();
        trainer.optimizers.state().forEach((name, array) -> {
            Tensor tensor = saved.get(name);
            if (tensor == null || tensor.data().remaining() != array.size()) {
                throw new IllegalArgumentException(
                        checkpoint.directory() + " lacks the optimizer's " + name + ", so it cannot be resumed");
            }
            Torch.view(array).put(tensor.data());
        });
        return trainer;
    }

    private void rememberBest() {
        Checkpoints.best(directory, _ -> {})
                .map(best -> best.manifest().orElseThrow())
                .filter(best -> !Double.isNaN(best.validationLoss()))
                .ifPresent(best -> {
                    bestLoss = best.validationLoss();
                    bestStep = best.step();
                });
    }

    /// Trains until all steps are done or `stop` says so; it is asked at least a few times a second.
    public Ending run(BooleanSupplier stop) {
        steppedAt = System.nanoTime();
        if (unsaved) {
            save(); // a disk that takes nothing is found out before the first step
            unsaved = false;
        }
        while (true) {
            if (unscored) {
                OptionalDouble loss = Evaluator.loss(manager, model, corpus.validationIds(), stop);
                if (loss.isEmpty()) {
                    return stopped();
                }
                validationLoss = loss.getAsDouble();
                listener.accept(new TrainingEvent.Evaluated(step, trainLoss, validationLoss, protocol()));
                save();
                unscored = false;
                if (isPlateau()) {
                    return new Ending.Plateaued(step, bestStep);
                }
            } else if (System.nanoTime() - savedAt > SAVE_EVERY_NANOS) {
                save();
            }
            if (step >= config.steps()) {
                return new Ending.Completed();
            }
            switch (learn(stop)) {
                case LEARNED -> unscored = isScored(step);
                case STOPPED -> {
                    return stopped();
                }
                case DIVERGED -> {
                    return new Ending.Diverged(step, newestLoss);
                }
            }
        }
    }

    private boolean isPlateau() {
        if (validationLoss < bestLoss) {
            bestLoss = validationLoss;
            bestStep = step;
        }
        long sinceBest = step / config.evaluationInterval() - bestStep / config.evaluationInterval();
        return config.patience() > 0 && sinceBest >= config.patience() && step < config.steps();
    }

    private boolean isScored(long afterStep) {
        return afterStep > 0 && (afterStep % config.evaluationInterval() == 0 || afterStep == config.steps());
    }

    private enum Learning {
        LEARNED,
        STOPPED,
        DIVERGED
    }

    private Learning learn(BooleanSupplier stop) {
        try (NDManager work = manager.newSubManager()) {
            var computed = gradients.compute(work, batches.at(step), step, stop);
            if (computed.isEmpty()) {
                return Learning.STOPPED;
            }
            Result result = computed.get();
            double norm = GradientClip.apply(work, result.gradients(), config.clip());
            newestLoss = Double.isFinite(norm) ? result.loss() : norm;
            if (!(newestLoss < worstLoss)) {
                return Learning.DIVERGED;
            }
            double share = schedule.at(step);
            optimizers.update(work, result.gradients(), step, share);
            step++;
            trainLossSteps = Double.isNaN(validationLoss) ? trainLossSteps + 1 : 1;
            trainLoss = trainLossSteps == 1
                    ? result.loss()
                    : trainLoss + (result.loss() - trainLoss) / trainLossSteps; // what a checkpoint keeps is exact
            validationLoss = Double.NaN;
            long now = System.nanoTime();
            listener.accept(new TrainingEvent.Stepped(
                    step,
                    result.loss(),
                    share * config.learningRate(),
                    norm,
                    config.charactersPerStep() / ((now - steppedAt) / 1e9)));
            steppedAt = now;
            return Learning.LEARNED;
        }
    }

    private Ending stopped() {
        save();
        return new Ending.Stopped(step);
    }

    private void save() {
        listener.accept(new TrainingEvent.Saving(step));
        CheckpointContents contents = new CheckpointContents(
                config.model(),
                corpus.tokenizer(),
                tensors(model.parameters()),
                tensors(optimizers.state()),
                new Provenance(
                        step,
                        trainLoss,
                        trainLossSteps,
                        validationLoss,
                        protocol(),
                        config.toMap(),
                        config.seed(),
                        new Provenance.CorpusReference(corpus.name(), corpus.sha256()),
                        CodeVersion.CURRENT,
                        Instant.now()));
        Path place = Checkpoints.save(directory, contents).directory();
        listener.accept(new TrainingEvent.Saved(step, place));
        savedAt = System.nanoTime();
    }

    private static Map<String, Tensor> tensors(Map<String, NDArray> arrays) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        arrays.forEach(
                (name, array) -> tensors.put(name, new Tensor(array.getShape().getShape(), Torch.view(array))));
        return tensors;
    }

    private String protocol() {
        return Evaluator.protocol(config.model().contextLength());
    }

    /// Updates done so far.
    public long step() {
        return step;
    }

    public TrainingConfig config() {
        return config;
    }

    public Corpus corpus() {
        return corpus;
    }

    public Gpt model() {
        return model;
    }

    @Override
    public void close() {
        gradients.close();
        manager.close();
    }
}
