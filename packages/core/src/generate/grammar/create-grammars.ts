import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { OutputFormat } from '../../tasks/text-generation/generation.js';
import { readSchema } from '../../tasks/text-generation/schema/read-schema.js';
import { SchemaRefusal } from '../../tasks/text-generation/schema/schema-refusal.js';
import { checkSize } from '../../tasks/text-generation/schema/schema-size.js';
import type { Term } from './automaton/position.js';
import { createTokenCounts, type TokenCounts } from './automaton/token-counts.js';
import { compileShape, literalTerm } from './compile-shape.js';
import { createGrammar } from './create-grammar.js';
import type { Grammar, GrammarCompiler, TokenBytes } from './grammar.js';
import { growTokenTrees, type TokenTree } from './masks/token-tree.js';

const KEPT_GRAMMARS = 8;

interface Vocabulary {
  readonly trees: readonly TokenTree[];
  readonly counts: TokenCounts;
}

/** Grammars over the tokens of one tokenizer, which are looked at when the first is asked for. */
export function createGrammars(tokens: TokenBytes): GrammarCompiler {
  const kept = new Map<string, Grammar>();
  let looked: Vocabulary | undefined;
  return {
    compile(format) {
      const { key, compile } = followed(format);
      const known = kept.get(key);
      const vocabulary = (looked ??= { trees: growTokenTrees(tokens), counts: createTokenCounts(tokens) });
      const grammar = known ?? createGrammar({ root: compile(vocabulary.counts), tokens, ...vocabulary });
      if (known !== undefined) kept.delete(key);
      else if (kept.size >= KEPT_GRAMMARS) kept.delete(kept.keys().next().value ?? '');
      kept.set(key, grammar);
      return grammar;
    },
  };
}

function followed(format: Exclude<OutputFormat, { readonly kind: 'text' }>): {
  readonly key: string;
  compile(counts: TokenCounts): Term;
} {
  switch (format.kind) {
    case 'json':
      return {
        key: 'json',
        compile: (counts) =>
          compileShape({ kind: 'object', properties: [], others: { kind: 'any' }, writesOthers: true }, counts),
      };
    case 'enum':
      if (format.values.length === 0 || format.values.includes(''))
        throw new InvalidRequestError({
          message: 'An enum needs values, and none may be empty.',
          hint: 'List the texts that the answer may be.',
        });
      return {
        key: JSON.stringify(format),
        compile: (counts) => literalTerm(1, format.values, counts),
      };
    case 'schema':
      return refusing(() => {
        checkSize(format.schema);
        return {
          key: JSON.stringify(format),
          compile: (counts) => refusing(() => compileShape(readSchema(format.schema), counts)),
        };
      });
    default:
      return format satisfies never;
  }
}

/** @throws InvalidRequestError for what a schema is refused for */
function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SchemaRefusal)) throw cause;
    throw new InvalidRequestError({
      message: `The schema cannot be followed. ${cause.message}`,
      hint: 'Leave that part of the schema out and check it in the answer, or say it in another way.',
      cause,
    });
  }
}
