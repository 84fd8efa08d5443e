import { expect, it } from 'vitest';
import { isOurs } from './stored-thing.js';

it.each([
  'terrace',
  'terrace-ledger',
  'terrace-ledger-v1',
  'terrace-test-1',
  'terrace.settings',
  'terrace:1',
  'terrace x',
])('%s is ours', (name) => expect(isOurs(name)).toBe(true));

it.each(['', 'terraces', 'terrace2', 'Terrace', 'my-terrace', 'terracé', 'terr', 'notes', ' terrace'])(
  '"%s" is the site\'s own',
  (name) => expect(isOurs(name)).toBe(false),
);
