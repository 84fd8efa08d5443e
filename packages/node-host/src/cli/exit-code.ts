import { constants } from 'node:os';
import {
  CalibrationMismatchError,
  DeltaConflictError,
  DeltaMismatchError,
  InfeasibleBudgetError,
  InvalidBundleError,
  InvalidCatalogError,
  InvalidDataError,
  InvalidRequestError,
  InvalidSignatureError,
  LeaseHeldError,
  LicenceNotAcceptedError,
  NoTierFitsError,
  RequestQueuedError,
  TerraceError,
  UnknownDeploymentError,
  UnknownDomainError,
  UnknownRevisionError,
  UntrustedSignerError,
  type Result,
} from '@terrace/core';
import { BudgetExhaustedError } from '@terrace/core/budget';
import { InvalidDocumentError } from '@terrace/core/documents';
import { ContextExceededError } from '@terrace/core/text';

/** What the program's exit code says. */
export const EXIT = { answered: 0, internal: 1, badInput: 2, noTierFits: 3, degraded: 4 } as const;

const BAD_INPUT: ReadonlySet<string> = new Set([
  CalibrationMismatchError.code,
  ContextExceededError.code,
  DeltaConflictError.code,
  DeltaMismatchError.code,
  InfeasibleBudgetError.code,
  InvalidBundleError.code,
  InvalidCatalogError.code,
  InvalidDataError.code,
  InvalidDocumentError.code,
  InvalidRequestError.code,
  InvalidSignatureError.code,
  LeaseHeldError.code,
  LicenceNotAcceptedError.code,
  UnknownDeploymentError.code,
  UnknownDomainError.code,
  UnknownRevisionError.code,
  UntrustedSignerError.code,
]);

export function exitCodeOf(error: unknown): number {
  return exitCodeOfCode(TerraceError.isInstance(error) ? error.code : undefined);
}

/** Of an error of which nothing but its code was kept. */
export function exitCodeOfCode(code: string | undefined): number {
  if (code === undefined) return EXIT.internal;
  // What may not be paid for is no tier for it either.
  if (code === NoTierFitsError.code || code === BudgetExhaustedError.code) return EXIT.noTierFits;
  // No answer now, and one later.
  if (code === RequestQueuedError.code) return EXIT.degraded;
  return BAD_INPUT.has(code) ? EXIT.badInput : EXIT.internal;
}

export const exitCodeOfResult = ({ verdict }: Pick<Result, 'verdict'>): number =>
  verdict.degraded === undefined ? EXIT.answered : EXIT.degraded;

/** As a shell reports it: 130 for SIGINT, 143 for SIGTERM. */
export const exitCodeOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
