import { expect, it } from 'vitest';
import { readWish } from './read-wish.js';

it.each([
  [{ tags: Array.from({ length: 17 }, () => 'a') }, /at "cache\.tags": Too big/],
  [{ tags: ['a', 'b c'] }, /at "cache\.tags\.1": letters, digits/],
  [{ ttlMs: 1.5 }, /at "cache\.ttlMs": Invalid input: expected int/],
  [{ ttlMs: 1e12 }, /at "cache\.ttlMs": Too big/],
  [{ refresh: 'yes' }, /at "cache\.refresh": Invalid input: expected boolean/],
  ['always', /at "cache": Invalid input/],
])('what is wrong with %j is said where it is', (cache, message) => {
  expect(() => readWish({ text: 'a', cache })).toThrow(message);
});
