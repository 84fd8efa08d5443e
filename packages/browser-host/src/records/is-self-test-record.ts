import type { SelfTestBasis, SelfTestRecord } from '@terrace/core';

const BASES: readonly SelfTestBasis[] = ['golden', 'cpu', 'wasm', 'form'];

/** Whether a value that was stored is a whole record, whatever wrote it. */
export function isSelfTestRecord(value: unknown): value is SelfTestRecord {
  if (!isObject(value)) return false;
  const { variantId, provider, runtimeVersion, cpu, format, verdict, runMs, testedAtWallMs } = value;
  return (
    [variantId, provider, runtimeVersion, cpu].every((text) => typeof text === 'string') &&
    Number.isInteger(format) &&
    Number.isFinite(testedAtWallMs) &&
    (runMs === undefined || Number.isFinite(runMs)) &&
    isVerdict(verdict)
  );
}

function isVerdict(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, basis, reason, numbers } = value;
  if (kind === 'outrun') return true;
  const isReasoned = kind === 'passed' || (kind === 'failed' && typeof reason === 'string');
  return (
    isReasoned &&
    BASES.some((known) => known === basis) &&
    isObject(numbers) &&
    Object.values(numbers).every((number) => typeof number === 'number')
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
