import { expect, it } from 'vitest';
import { freeId } from './free-id.js';

it('a new server is called by its place, and by a number where that is taken', () => {
  expect(freeId('site', [])).toBe('site');
  expect(freeId('site', [{ id: 'site' }, { id: 'site-3' }])).toBe('site-2');
  expect(freeId('cloud', [{ id: 'site' }])).toBe('cloud');
});
