import { expect, it } from 'vitest';
import { noAnswer } from './no-answer.js';

const asked = {
  origin: 'https://api.test',
  wasOnline: true,
  isOnline: true,
  pageProtocol: 'https:',
  cause: new TypeError('Failed to fetch'),
};

it.each([
  [{}, 'NETWORK_OR_CORS', /network failed.*\(CORS\)/],
  [{ wasOnline: false, isOnline: false }, 'OFFLINE', /is offline/],
  [{ isOnline: false }, 'NETWORK_LOST', /gone offline/],
  [{ origin: 'http://api.test' }, 'MIXED_CONTENT', /https may not ask over http/],
  [{ origin: 'http://api.test', pageProtocol: 'http:' }, 'NETWORK_OR_CORS', /CORS/],
] as const)('says what may have kept a request from its answer: %o', (changes, code, words) => {
  const error = noAnswer({ ...asked, ...changes });
  expect(error).toMatchObject({ code, cause: asked.cause });
  expect(error.message).toMatch(words);
  expect(error.message).toContain('api.test');
});
