import type { Crash } from '@terrace/core';
import type { Mark } from './mark.js';

/** Whether a value that was stored is a whole mark, whatever wrote it. */
export function isMark(value: unknown): value is Mark {
  return isNamed(value) && Number.isFinite(value['bytes']);
}

/** The same of a crash. */
export function isCrash(value: unknown): value is Crash {
  if (!isNamed(value)) return false;
  const { timesInARow, atWallMs, untilWallMs } = value;
  return Number.isSafeInteger(timesInARow) && Number(timesInARow) > 0 && [atWallMs, untilWallMs].every(isTime);
}

/** What a date can be made of. */
const isTime = (value: unknown): boolean => Number.isFinite(value) && Math.abs(Number(value)) <= 8.64e15;

function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  const { variantId, modelId, provider, phase } = Object(value) as Record<string, unknown>;
  return [variantId, modelId, provider].every((text) => typeof text === 'string') && PHASES.has(phase);
}

const PHASES: ReadonlySet<unknown> = new Set<Crash['phase']>(['load', 'run']);
