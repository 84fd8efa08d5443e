import { createAutomaton, type RegularAutomaton } from '../../tasks/text-generation/regular/automaton.js';
import { ANY_NUMBER, numberRange } from '../../tasks/text-generation/regular/number-range.js';
import type { Regular } from '../../tasks/text-generation/regular/regular.js';
import { createCanEnd } from '../../tasks/text-generation/schema/can-end.js';
import type {
  ArrayShape,
  NumberShape,
  ObjectShape,
  ReferenceShape,
  Shape,
} from '../../tasks/text-generation/schema/shape.js';
import { choiceTerm } from './automaton/choice-term.js';
import { listTerm } from './automaton/list-term.js';
import { literalAutomaton, literalTokensLeft } from './automaton/literal-automaton.js';
import type { Term } from './automaton/position.js';
import { recordTerm } from './automaton/record-term.js';
import { regularTerm } from './automaton/regular-term.js';
import { textTerm } from './automaton/text-term.js';
import type { TokenCounts } from './automaton/token-counts.js';

/** Where a schema sets no bound, so that every answer can end. */
const MOST_CHARACTERS = 2048;
const MOST_ITEMS = 64;

/** JSON of a shape: compact, with at most one space behind a colon or comma. */
export function compileShape(root: Shape, counts: TokenCounts): Term {
  const canEnd = createCanEnd(root);
  const references = new Map<string, Term>();
  const terms: Term[] = [];
  const add = (make: (id: number) => Term): Term => {
    const term = make(terms.length + 1);
    terms.push(term);
    return term;
  };
  const written = (automaton: RegularAutomaton): Term =>
    add((id) => regularTerm(id, automaton, automaton.symbolsLeft(counts.hasByte)));
  const regular = (language: Regular): Term => written(createAutomaton(language, Infinity));
  /** Of what has no parts one term is enough, however often it is asked for: there are fewer states, then. */
  const simple = new Map<string, Term>();
  const once = (key: string, make: () => Term): Term => {
    const term = simple.get(key) ?? make();
    simple.set(key, term);
    return term;
  };
  const literals = (texts: readonly string[]): Term => add((id) => literalTerm(id, texts, counts));

  const compile = (shape: Shape): Term => {
    switch (shape.kind) {
      case 'any':
        return any();
      case 'null':
        return once('null', () => literals(['null']));
      case 'boolean':
        return once('boolean', () => literals(['true', 'false']));
      case 'literals':
        return literals(shape.values.map((value) => JSON.stringify(value)));
      case 'string':
        if (shape.written !== undefined) return written(shape.written);
        return once(`text ${shape.least} ${shape.most}`, () =>
          add((id) => textTerm(id, shape.least, bounded(shape.most, shape.least, MOST_CHARACTERS), counts)),
        );
      case 'integer':
      case 'number':
        return number(shape);
      case 'array':
        return list(shape);
      case 'object':
        return record(shape);
      case 'choice': {
        const options = shape.options.filter(canEnd).map(compile);
        return add((id) => choiceTerm(id, () => options));
      }
      case 'reference':
        return reference(shape);
      default:
        return shape satisfies never;
    }
  };

  const number = ({ kind, low, high }: NumberShape): Term =>
    once([kind, low?.micros, low?.exclusive, high?.micros, high?.exclusive].join(' '), () => {
      if (kind === 'number' && low === undefined && high === undefined) return regular(ANY_NUMBER);
      return regular(numberRange(low, high, kind === 'integer' ? 0 : 6) ?? ANY_NUMBER);
    });
  let anyValue: Term | undefined;
  const any = (): Term => {
    if (anyValue !== undefined) return anyValue;
    const options: Term[] = [];
    const value = add((id) => choiceTerm(id, () => options));
    anyValue = value;
    options.push(
      literals(['null', 'true', 'false']),
      compile({ kind: 'number', low: undefined, high: undefined }),
      compile({ kind: 'string', least: 0, most: Infinity, written: undefined, accepted: undefined }),
      add((id) => listTerm(id, { prefix: [], item: value, least: 0, most: MOST_ITEMS })),
      add((id) => recordTerm(id, { properties: [], other: value, mostOthers: MOST_ITEMS })),
    );
    return value;
  };

  const list = ({ prefix, items, least, most }: ArrayShape): Term => {
    const endless = prefix.findIndex((each) => !canEnd(each));
    const firsts = endless === -1 ? prefix : prefix.slice(0, endless);
    const further = endless === -1 && items !== undefined && canEnd(items) ? items : undefined;
    const parts = {
      prefix: firsts.map(compile),
      item: further === undefined ? undefined : compile(further),
      least,
      most: further === undefined ? Math.min(most, firsts.length) : bounded(most, least, MOST_ITEMS),
    };
    return add((id) => listTerm(id, parts));
  };

  const record = ({ properties, others, writesOthers }: ObjectShape): Term => {
    const other = writesOthers && others !== undefined && canEnd(others) ? others : undefined;
    const parts = {
      properties: properties
        .filter(({ shape }) => canEnd(shape))
        .map(({ name, shape, required }) => {
          const key = new TextEncoder().encode(`${JSON.stringify(name)}:`);
          return { name, key, keyTokens: counts.ofBytes(key), value: compile(shape), required };
        }),
      other: other === undefined ? undefined : compile(other),
      mostOthers: MOST_ITEMS,
    };
    return add((id) => recordTerm(id, parts));
  };

  const reference = ({ pointer, target }: ReferenceShape): Term => {
    const known = references.get(pointer);
    if (known !== undefined) return known;
    let compiled: readonly Term[] = [];
    const term = add((id) => choiceTerm(id, () => compiled));
    references.set(pointer, term);
    compiled = [compile(target())];
    return term;
  };

  const term = compile(root);
  settleAll(terms);
  return term;
}

/** One of some texts, word for word. */
export function literalTerm(id: number, texts: readonly string[], counts: TokenCounts): Term {
  const automaton = literalAutomaton(texts);
  return regularTerm(id, automaton, literalTokensLeft(texts, automaton, counts));
}

/** How few tokens each takes depends on its parts, which may have it for a part: until nothing becomes fewer. */
function settleAll(terms: readonly Term[]): void {
  let isSettled = false;
  while (!isSettled) {
    isSettled = true;
    for (const term of terms) {
      const { fewestTokens } = term;
      term.settle();
      if (term.fewestTokens < fewestTokens) isSettled = false;
    }
  }
}

function bounded(most: number, least: number, otherwise: number): number {
  return most === Infinity ? Math.max(least, otherwise) : most;
}
