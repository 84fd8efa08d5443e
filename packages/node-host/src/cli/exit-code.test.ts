import {
  ArtifactCorruptError,
  ArtifactMissingError,
  CalibrationMismatchError,
  DeltaMismatchError,
  EngineError,
  InfeasibleBudgetError,
  InvalidCatalogError,
  InvalidDataError,
  InvalidRequestError,
  NoTierFitsError,
  ProviderWrongError,
  RequestQueuedError,
  StorageError,
  UnknownDomainError,
  type Result,
} from '@terrace/core';
import { BudgetExhaustedError } from '@terrace/core/budget';
import { fromEnvelope, toEnvelope } from '@terrace/core/engine';
import { expect, it } from 'vitest';
import { EXIT, exitCodeOf, exitCodeOfResult } from './exit-code.js';

const init = { message: 'It failed.', hint: 'Do this.' };

it.each([
  [2, [CalibrationMismatchError, DeltaMismatchError, InfeasibleBudgetError, InvalidCatalogError]],
  [2, [InvalidDataError, InvalidRequestError, UnknownDomainError]],
  [3, [BudgetExhaustedError, NoTierFitsError]],
  [4, [RequestQueuedError]],
  [1, [ArtifactCorruptError, ArtifactMissingError, EngineError, ProviderWrongError, StorageError]],
])('%i for its errors, also those of another context', (code, classes) => {
  for (const Kind of classes) {
    const error = new Kind(init);
    expect(exitCodeOf(error)).toBe(code);
    expect(exitCodeOf(fromEnvelope(toEnvelope(error)))).toBe(code);
  }
});

it.each([[new Error('oh')], ['a string'], [undefined], [{ code: 'NO_TIER_FITS' }]])('1 for %o', (thrown) => {
  expect(exitCodeOf(thrown)).toBe(EXIT.internal);
});

it('0 for an answer, an abstained one included, and 4 for one that is degraded', () => {
  const result = (verdict: object): Result => ({ verdict }) as Result;
  expect(exitCodeOfResult(result({ kind: 'accept' }))).toBe(0);
  expect(exitCodeOfResult(result({ kind: 'abstain' }))).toBe(0);
  expect(exitCodeOfResult(result({ kind: 'accept', degraded: 'deadline' }))).toBe(4);
  expect(exitCodeOfResult(result({ kind: 'abstain', degraded: 'tier-failed' }))).toBe(4);
});
