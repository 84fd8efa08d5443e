import { InvalidRequestError, UnknownRevisionError } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import { expect, it } from 'vitest';
import { isRevisionName, nameRevision } from './name-revision.js';

const revision = (id: string): Revision => ({
  id,
  domain: 'bank',
  parent: undefined,
  madeAtWallMs: 1,
  origin: 'fitted',
  deltas: [],
  decision: undefined,
});
const all = [`abcdef${'1'.repeat(58)}`, `abcdef${'2'.repeat(58)}`, `012345${'3'.repeat(58)}`].map(revision);

const thrownBy = (name: string): unknown => {
  try {
    return nameRevision(all, name, 'bank');
  } catch (error) {
    return error;
  }
};

it('finds a revision by its first digits', () => {
  expect(nameRevision(all, '012345').id).toBe(all[2]!.id);
  expect(nameRevision(all, all[0]!.id)).toBe(all[0]);
});

it('asks for more digits where they fit more than one', () => {
  const error = thrownBy('abcdef');
  expect(InvalidRequestError.isInstance(error) && error.hint).toContain('abcdef111111, abcdef222222');
});

it.each(['fedcba', '01234', '', 'latest', '../../x', '0'.repeat(65)])('says which there are for "%s"', (name) => {
  const error = thrownBy(name);
  expect(UnknownRevisionError.isInstance(error) && error.hint).toContain('012345333333');
});

it('takes ids of deltas for something else', () => {
  expect(isRevisionName('bank/nano')).toBe(false);
  expect(isRevisionName('abcdef0')).toBe(true);
});
