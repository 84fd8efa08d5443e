import { StorageError, type LedgerEntry } from '@terrace/core';

/**
 * A checked copy, so that a caller may reuse what it passed.
 * @throws StorageError with the fact `fault: 'entry'` when a number is not finite, a text holds NUL or a lone surrogate,
 *   or a value is no plain data: no other ledger could keep it
 */
export function checkedCopy(entries: readonly LedgerEntry[]): LedgerEntry[] {
  for (const { record } of entries) check(record);
  try {
    return structuredClone(entries) as LedgerEntry[];
  } catch (cause) {
    throw refused('it holds what is no data', cause);
  }
}

// Most texts are plain ASCII, which this finds faster than it finds what is wrong in others.
const PLAIN = /^[\x20-\x7e]*$/;

function check(value: unknown): void {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw refused(`${value} is not a finite number`);
      return;
    case 'string':
      if (!PLAIN.test(value) && (value.includes('\0') || /\p{Surrogate}/u.test(value)))
        throw refused('a text holds NUL or a lone surrogate');
      return;
    case 'object':
      if (value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        check(key);
        check(inner);
      }
  }
}

const refused = (why: string, cause?: unknown): StorageError =>
  new StorageError({
    message: `An entry for the ledger is invalid: ${why}.`,
    hint: 'Numbers must be finite and texts without NUL; nothing of this append was kept.',
    facts: { reason: 'INVALID_ENTRY', fault: 'entry' },
    cause,
  });
