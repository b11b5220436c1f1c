/// The mathematics: GPT-2 (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners") from NDArray
/// operations. Read [tinylm.model.Gpt] first, then [tinylm.model.TransformerBlock] and inwards.
///
/// Legend of the shape comments: B batch, T new positions, K positions attended to, C context length, V vocabulary,
/// E nEmbd, H nHead, D headDim, L layers, S slots.
package tinylm.model;
