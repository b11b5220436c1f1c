package tinylm.web;

import tinylm.inference.Engine;
import tinylm.session.Limits;
import tinylm.text.CharTokenizer;

/// The model that answers, ready to run.
///
/// @param limits what one visitor may ask of it
public record ServedModel(Engine engine, CharTokenizer tokenizer, Limits limits, ModelInfo info) {}
