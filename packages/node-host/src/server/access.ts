import type { Placement } from '@terrace/core';

/** What whoever sent a request may do. */
export interface Access {
  /** Name of the key; undefined on a server without keys, where everybody may do everything. */
  readonly key: string | undefined;
  /** Names of models it may use, as `/v1/models` lists them, or the beginning of names with a `*` behind; absent: all. */
  readonly models: readonly string[] | undefined;
  /** Furthest placement that its texts may travel to. */
  readonly residency: Placement;
}

export const EVERYTHING: Access = { key: undefined, models: undefined, residency: 'cloud' };

/** Whether a model is among those a key may use. @param model its canonical name. Pure. */
export function mayUse({ models }: Access, model: string): boolean {
  if (models === undefined) return true;
  const name = bare(model);
  return models.some((each) => (each.endsWith('*') ? name.startsWith(bare(each.slice(0, -1))) : name === bare(each)));
}

const bare = (name: string): string => name.replace(/^terrace\//, '');

const OUTWARD: readonly Placement[] = ['device', 'site', 'cloud'];

/** The nearer of two placements: a request may travel no further than both allow. Pure. */
export const tighter = (a: Placement, b: Placement): Placement => (OUTWARD.indexOf(a) < OUTWARD.indexOf(b) ? a : b);
