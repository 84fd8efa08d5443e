/** The tokenizer library, as a file of its own: models with BERT's tokenizer, as all that are shipped, never load it. */
export { Tokenizer } from '@huggingface/tokenizers';
