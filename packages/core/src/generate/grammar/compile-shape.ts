import { createAutomaton } from '../../tasks/text-generation/regular/automaton.js';
import { ANY_NUMBER, numberRange } from '../../tasks/text-generation/regular/number-range.js';
import type { Regular } from '../../tasks/text-generation/regular/regular.js';
import { createCanEnd } from '../../tasks/text-generation/schema/can-end.js';
import type { ArrayShape, ObjectShape, ReferenceShape, Shape } from '../../tasks/text-generation/schema/shape.js';
import { choiceTerm } from './automaton/choice-term.js';
import { listTerm } from './automaton/list-term.js';
import { literalAutomaton } from './automaton/literal-automaton.js';
import type { Term } from './automaton/position.js';
import { recordTerm } from './automaton/record-term.js';
import { regularTerm } from './automaton/regular-term.js';
import { textTerm } from './automaton/text-term.js';

/** Where a schema sets no bound, so that every answer can end. */
const MOST_CHARACTERS = 2048;
const MOST_ITEMS = 64;

/** JSON of a shape: compact, with at most one space behind a colon or comma. */
export function compileShape(root: Shape): Term {
  const canEnd = createCanEnd(root);
  const references = new Map<string, Term>();
  let terms = 0;
  const nextId = (): number => ++terms;
  const regular = (language: Regular): Term => regularTerm(nextId(), createAutomaton(language, Infinity));
  const literals = (texts: readonly string[]): Term => regularTerm(nextId(), literalAutomaton(texts));

  const compile = (shape: Shape): Term => {
    switch (shape.kind) {
      case 'any':
        return any();
      case 'null':
        return literals(['null']);
      case 'boolean':
        return literals(['true', 'false']);
      case 'literals':
        return literals(shape.values.map((value) => JSON.stringify(value)));
      case 'string':
        if (shape.written !== undefined) return regularTerm(nextId(), shape.written);
        return textTerm(nextId(), shape.least, bounded(shape.most, shape.least, MOST_CHARACTERS));
      case 'integer':
      case 'number':
        if (shape.kind === 'number' && shape.low === undefined && shape.high === undefined) return number();
        return regular(numberRange(shape.low, shape.high, shape.kind === 'integer' ? 0 : 6) ?? ANY_NUMBER);
      case 'array':
        return list(shape);
      case 'object':
        return record(shape);
      case 'choice': {
        const options = shape.options.filter(canEnd).map(compile);
        return choiceTerm(nextId(), () => options);
      }
      case 'reference':
        return reference(shape);
      default:
        return shape satisfies never;
    }
  };

  const number = (): Term => regular(ANY_NUMBER);
  let anyValue: Term | undefined;
  const any = (): Term => {
    if (anyValue !== undefined) return anyValue;
    const options: Term[] = [];
    anyValue = choiceTerm(nextId(), () => options);
    options.push(
      literals(['null', 'true', 'false']),
      number(),
      textTerm(nextId(), 0, MOST_CHARACTERS),
      listTerm(nextId(), { prefix: [], item: anyValue, least: 0, most: MOST_ITEMS }),
      recordTerm(nextId(), { properties: [], other: anyValue, mostOthers: MOST_ITEMS }),
    );
    return anyValue;
  };

  const list = ({ prefix, items, least, most }: ArrayShape): Term => {
    const endless = prefix.findIndex((each) => !canEnd(each));
    const firsts = endless === -1 ? prefix : prefix.slice(0, endless);
    const further = endless === -1 && items !== undefined && canEnd(items) ? items : undefined;
    return listTerm(nextId(), {
      prefix: firsts.map(compile),
      item: further === undefined ? undefined : compile(further),
      least,
      most: further === undefined ? Math.min(most, firsts.length) : bounded(most, least, MOST_ITEMS),
    });
  };

  const record = ({ properties, others, writesOthers }: ObjectShape): Term => {
    const other = writesOthers && others !== undefined && canEnd(others) ? others : undefined;
    return recordTerm(nextId(), {
      properties: properties
        .filter(({ shape }) => canEnd(shape))
        .map(({ name, shape, required }) => ({
          name,
          key: new TextEncoder().encode(`${JSON.stringify(name)}:`),
          value: compile(shape),
          required,
        })),
      other: other === undefined ? undefined : compile(other),
      mostOthers: MOST_ITEMS,
    });
  };

  const reference = ({ pointer, target }: ReferenceShape): Term => {
    const known = references.get(pointer);
    if (known !== undefined) return known;
    let compiled: readonly Term[] = [];
    const term = choiceTerm(nextId(), () => compiled);
    references.set(pointer, term);
    compiled = [compile(target())];
    return term;
  };

  return compile(root);
}

function bounded(most: number, least: number, otherwise: number): number {
  return most === Infinity ? Math.max(least, otherwise) : most;
}
