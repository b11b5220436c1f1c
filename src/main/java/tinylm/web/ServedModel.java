package tinylm.web;

import tinylm.inference.Engine;
import tinylm.session.Limits;
import tinylm.text.CharTokenizer;

/// The model that answers, ready to run.
public record ServedModel(Engine engine, CharTokenizer tokenizer, Limits limits, ModelInfo info) {}
