import type { Automaton, RegularAutomaton } from '../regular/automaton.js';
import type { Bound } from '../regular/number-range.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a JSON Schema allows, with every keyword understood: what is not is refused before. */
export type Shape =
  | { readonly kind: 'any' | 'null' | 'boolean' }
  /** Nonempty, no two equal. */
  | { readonly kind: 'literals'; readonly values: readonly Json[] }
  | StringShape
  | NumberShape
  | ArrayShape
  | ObjectShape
  | { readonly kind: 'choice'; readonly options: readonly Shape[] }
  | ReferenceShape;

export interface StringShape {
  readonly kind: 'string';
  /** Code points. */
  readonly least: number;
  readonly most: number;
  /** Bytes of what is written, its quotes included: it bounds the lengths where there is one. */
  readonly written: RegularAutomaton | undefined;
  /** Code points of what is accepted: of formats more than is written. */
  readonly accepted: Automaton | undefined;
}

export interface NumberShape {
  readonly kind: 'integer' | 'number';
  readonly low: Bound | undefined;
  readonly high: Bound | undefined;
}

export interface ArrayShape {
  readonly kind: 'array';
  readonly prefix: readonly Shape[];
  /** Of what comes behind the prefix; undefined where nothing may. */
  readonly items: Shape | undefined;
  readonly least: number;
  readonly most: number;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly properties: readonly { readonly name: string; readonly shape: Shape; readonly required: boolean }[];
  /** Of other properties; undefined where none may be. */
  readonly others: Shape | undefined;
  /** Whether other properties are written, not only accepted: where they were asked for, or none is named. */
  readonly writesOthers: boolean;
}

export interface ReferenceShape {
  readonly kind: 'reference';
  readonly pointer: string;
  readonly target: () => Shape;
}
