/**
 * What engine workers seldom need, as a file of its own: all models that are shipped have BERT's tokenizer and our
 * graph, and features are asked for by who fits a delta.
 */
export { Tokenizer } from '@huggingface/tokenizers';
export { createFeatureRun, runHubGraph } from '@terrace/core/engine';
