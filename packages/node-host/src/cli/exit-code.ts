import {
  CalibrationMismatchError,
  DeltaMismatchError,
  InvalidCatalogError,
  InvalidDataError,
  InvalidRequestError,
  NoTierFitsError,
  TerraceError,
  UnknownDomainError,
  type Result,
} from '@terrace/core';

/** What the program's exit code says. */
export const EXIT = { answered: 0, internal: 1, badInput: 2, noTierFits: 3, degraded: 4 } as const;

const BAD_INPUT: ReadonlySet<string> = new Set([
  CalibrationMismatchError.code,
  DeltaMismatchError.code,
  InvalidCatalogError.code,
  InvalidDataError.code,
  InvalidRequestError.code,
  UnknownDomainError.code,
]);

export function exitCodeOf(error: unknown): number {
  if (!TerraceError.isInstance(error)) return EXIT.internal;
  if (error.code === NoTierFitsError.code) return EXIT.noTierFits;
  return BAD_INPUT.has(error.code) ? EXIT.badInput : EXIT.internal;
}

export const exitCodeOfResult = ({ verdict }: Result): number =>
  verdict.degraded === undefined ? EXIT.answered : EXIT.degraded;
