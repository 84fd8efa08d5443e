import type { GuardFeature } from './guard-features.js';

/** By what two texts that read alike may ask for different things. */
export type GuardRule = 'number' | 'unit' | 'date' | 'negation' | 'antonym' | 'order' | 'words' | 'addition';

/** What stands between a word and the one before it. */
interface Before {
  readonly isNegated: boolean;
  readonly isBy: boolean;
  readonly relation: string | undefined;
}

interface View {
  readonly byKind: ReadonlyMap<string, readonly string[]>;
  /** Words, numbers, units and times that occur once, in the order of the text, each with what stood before it. */
  readonly sequence: ReadonlyMap<string, Before>;
}

/** Kinds that stand in the order of the text. */
const SEQUENTIAL = 'wnud';
const NOTHING: Before = { isNegated: false, isBy: false, relation: undefined };

/**
 * Rules by which two texts differ, from their features, hashed or not; none where nothing speaks against their being the
 * same question.
 */
export const differs = (a: readonly GuardFeature[], b: readonly GuardFeature[]): readonly GuardRule[] =>
  differsFrom(a)(b);

/** The same for one text and many others. */
export function differsFrom(a: readonly GuardFeature[]): (b: readonly GuardFeature[]) => readonly GuardRule[] {
  const one = viewOf(a);
  return (b) => rulesOf(one, viewOf(b));
}

function rulesOf(one: View, other: View): readonly GuardRule[] {
  const rules: GuardRule[] = [];
  if (!sameBag(one, other, 'n')) rules.push('number');
  if (!sameBag(one, other, 'u')) rules.push('unit');
  if (!sameBag(one, other, 'd')) rules.push('date');
  const common = [...one.sequence.keys()].filter((item) => other.sequence.has(item));
  const before = common.map((item) => [one.sequence.get(item)!, other.sequence.get(item)!] as const);
  if (!sameBag(one, other, 'g') || before.some(([a, b]) => a.isNegated !== b.isNegated)) rules.push('negation');
  if (meansOpposite(one, other) || meansOpposite(other, one)) rules.push('antonym');
  const words = [only(one, other, 'w').length, only(other, one, 'w').length] as const;
  // Where the words are others, their order says nothing that the words do not.
  const isOtherwise = (): boolean =>
    isMoved([...one.sequence.keys()], [...other.sequence.keys()]) ||
    isMoved(valuesOf(one, 'r'), valuesOf(other, 'r')) ||
    before.some(([a, b]) => relateDifferently(a, b));
  if (Math.max(...words) === 0 && isOtherwise()) rules.push('order');
  if (Math.min(...words) > 0 || ['i', 't', 'r'].some((kind) => bothSides(one, other, kind))) rules.push('words');
  // What differs on both sides has more on one as well: seen there, it is waived here.
  if (Math.max(...words) > 0) rules.push('addition');
  return rules;
}

function viewOf(features: readonly GuardFeature[]): View {
  const byKind = new Map<string, string[]>();
  const sequence = new Map<string, Before>();
  const repeated = new Set<string>();
  let before = NOTHING;
  for (const feature of features) {
    const kind = feature[0] ?? '';
    if (kind === 'x') before = { ...before, isNegated: true };
    else if (kind === 'y') before = { ...before, isBy: true };
    else if (kind === 'm') before = { ...before, relation: feature };
    const values = byKind.get(kind);
    if (values) values.push(feature.slice(1));
    else byKind.set(kind, [feature.slice(1)]);
    if (!SEQUENTIAL.includes(kind)) continue;
    if (sequence.has(feature)) repeated.add(feature);
    else sequence.set(feature, before);
    before = NOTHING;
  }
  // Where a word stands twice, its order says nothing.
  for (const feature of repeated) sequence.delete(feature);
  return { byKind, sequence };
}

const valuesOf = (view: View, kind: string): readonly string[] => view.byKind.get(kind) ?? [];

function sameBag(one: View, other: View, kind: string): boolean {
  const a = valuesOf(one, kind);
  const b = valuesOf(other, kind);
  if (a.length !== b.length) return false;
  return a.length < 2 ? a[0] === b[0] : a.toSorted().join(' ') === b.toSorted().join(' ');
}

function only(one: View, other: View, kind: string): readonly string[] {
  const there = valuesOf(other, kind);
  return valuesOf(one, kind).filter((value) => !there.includes(value));
}

const bothSides = (one: View, other: View, kind: string): boolean =>
  only(one, other, kind).length > 0 && only(other, one, kind).length > 0;

/** Whether one says a word whose opposite only the other says. */
function meansOpposite(one: View, other: View): boolean {
  const said = new Set([...valuesOf(one, 'w'), ...valuesOf(one, 'o')]);
  const opposite = new Set(valuesOf(one, 'p').filter((value) => !said.has(value)));
  return [...valuesOf(other, 'w'), ...valuesOf(other, 'o')].some((value) => opposite.has(value));
}

/** Whether what both have comes in another order, each where it stands first. */
function isMoved(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [new Set(a), new Set(b)];
  const common = [...one].filter((item) => other.has(item));
  return [...other].filter((item) => one.has(item)).some((item, i) => item !== common[i]);
}

const relateDifferently = (a: Before, b: Before): boolean =>
  a.isBy !== b.isBy || (a.relation !== undefined && b.relation !== undefined && a.relation !== b.relation);
