import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { OutputFormat } from '../../tasks/text-generation/generation.js';
import { readSchema } from '../../tasks/text-generation/schema/read-schema.js';
import { SchemaRefusal } from '../../tasks/text-generation/schema/schema-refusal.js';
import { checkSize } from '../../tasks/text-generation/schema/schema-size.js';
import { literalAutomaton } from './automaton/literal-automaton.js';
import type { Term } from './automaton/position.js';
import { regularTerm } from './automaton/regular-term.js';
import { compileShape } from './compile-shape.js';
import { createGrammar } from './create-grammar.js';
import type { Grammar, GrammarCompiler, TokenBytes } from './grammar.js';
import { growTokenTrees, type TokenTree } from './masks/token-tree.js';

const KEPT_GRAMMARS = 8;

/** Grammars over the tokens of one tokenizer, whose trees are grown when the first is asked for. */
export function createGrammars(tokens: TokenBytes): GrammarCompiler {
  const kept = new Map<string, Grammar>();
  let trees: readonly TokenTree[] | undefined;
  return {
    compile(format) {
      const { key, compile } = followed(format);
      const known = kept.get(key);
      const grammar = known ?? createGrammar(compile(), tokens, (trees ??= growTokenTrees(tokens)));
      if (known !== undefined) kept.delete(key);
      else if (kept.size >= KEPT_GRAMMARS) kept.delete(kept.keys().next().value ?? '');
      kept.set(key, grammar);
      return grammar;
    },
  };
}

function followed(format: Exclude<OutputFormat, { readonly kind: 'text' }>): {
  readonly key: string;
  compile(): Term;
} {
  switch (format.kind) {
    case 'json':
      return {
        key: 'json',
        compile: () => compileShape({ kind: 'object', properties: [], others: { kind: 'any' }, writesOthers: true }),
      };
    case 'enum':
      if (format.values.length === 0 || format.values.includes(''))
        throw new InvalidRequestError({
          message: 'An enum needs values, and none may be empty.',
          hint: 'List the texts that the answer may be.',
        });
      return {
        key: JSON.stringify(format),
        compile: () => regularTerm(1, literalAutomaton(format.values)),
      };
    case 'schema':
      return refusing(() => {
        checkSize(format.schema);
        return {
          key: JSON.stringify(format),
          compile: () => refusing(() => compileShape(readSchema(format.schema))),
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
