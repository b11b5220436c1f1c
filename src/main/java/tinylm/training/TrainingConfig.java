package tinylm.training;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tinylm.model.GptConfig;

/// Everything that decides what a run computes. Two runs with the same config, corpus and number of threads end
/// with the same weights, bit for bit.
///
/// @param model shape of the model; `dropout` in it is in force while training
/// @param steps optimizer updates
/// @param batchSize rows of `contextLength` characters per step; earlier stages of the curriculum have more, shorter
/// rows
/// @param optimizer rule for the hidden matrices
/// @param learningRate AdamW's peak
/// @param muonLearningRate Muon's peak, unused with [OptimizerKind#ADAMW]
/// @param weightDecay decoupled, on matrices only
/// @param clip greatest global gradient norm
/// @param warmup share of the steps, [0, 1)
/// @param curriculum earlier stages with shorter windows, in order; empty for full windows throughout
/// @param evaluationInterval steps between evaluations, which also save
/// @param patience evaluations in a row without a lower validation loss after which the run ends early; 0 for never
/// @param seed of weights, batches and dropout
public record TrainingConfig(
        GptConfig model,
        int steps,
        int batchSize,
        OptimizerKind optimizer,
        double learningRate,
        double muonLearningRate,
        double weightDecay,
        double clip,
        double warmup,
        DecayShape decay,
        List<Stage> curriculum,
        int evaluationInterval,
        int patience,
        long seed) {

    public TrainingConfig {
        curriculum = List.copyOf(curriculum);
        require(steps >= 1 && steps <= 10_000_000, "steps must lie in 1..10,000,000, but is " + steps);
        require(batchSize >= 1 && batchSize <= 4096, "batch size must lie in 1..4096, but is " + batchSize);
        require(
                learningRate > 0 && learningRate <= 1,
                "learning rate must be above 0 and at most 1, but is " + learningRate);
        require(
                muonLearningRate > 0 && muonLearningRate <= 1,
                "Muon's learning rate must be above 0 and at most 1, but is " + muonLearningRate);
        require(weightDecay >= 0 && weightDecay <= 10, "weight decay must lie in 0..10, but is " + weightDecay);
        require(clip > 0 && clip <= 1e6, "clip must be above 0 and at most 1,000,000, but is " + clip);
        require(warmup >= 0 && warmup < 1, "warm-up must be at least 0 and below 1, but is " + warmup);
        require(
                evaluationInterval >= 1 && evaluationInterval <= 10_000_000,
                "evaluation interval must lie in 1..10,000,000, but is " + evaluationInterval);
        require(patience >= 0 && patience <= 10_000, "patience must lie in 0..10,000, but is " + patience);
        double until = 0;
        for (Stage stage : curriculum) {
            require(
                    stage.until() > until,
                    "the curriculum's stages must end one after the other, but " + stage.until() + " follows " + until);
            require(
                    stage.contextLength() <= model.contextLength(),
                    "a stage's context must be at most the model's, " + model.contextLength() + ", but is "
                            + stage.contextLength());
            until = stage.until();
        }
    }

    /// Characters that one step learns from; the same at every stage.
    public int charactersPerStep() {
        return batchSize * model.contextLength();
    }

    /// Length of the windows of `step`.
    public int contextAt(long step) {
        for (Stage stage : curriculum) {
            if (step < stage.until() * steps) {
                return stage.contextLength();
            }
        }
        return model.contextLength();
    }

    public TrainingConfig withSteps(int newSteps) {
        return with(model, newSteps);
    }

    public TrainingConfig withVocabSize(int vocabSize) {
        return with(model.withVocabSize(vocabSize), steps);
    }

    private TrainingConfig with(GptConfig newModel, int newSteps) {
        return new TrainingConfig(
                newModel,
                newSteps,
                batchSize,
                optimizer,
                learningRate,
                muonLearningRate,
                weightDecay,
                clip,
                warmup,
                decay,
                curriculum,
                evaluationInterval,
                patience,
                seed);
    }

    public LearningRate schedule() {
        return new LearningRate((int) Math.round(warmup * steps), steps, decay);
    }

    /// As JSON can hold it, for a checkpoint.
    public Map<String, Object> toMap() {
        return JSON.convertValue(this, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    /// The config that [#toMap] wrote.
    ///
    /// @throws IllegalArgumentException when something is missing or out of its range
    public static TrainingConfig fromMap(Map<String, Object> map) {
        return JSON.convertValue(map, TrainingConfig.class);
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
