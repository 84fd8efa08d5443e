/** What models of other makers need, as a file of its own: all that are shipped have BERT's tokenizer and our graph. */
export { Tokenizer } from '@huggingface/tokenizers';
export { runHubGraph } from '@terrace/core/engine';
