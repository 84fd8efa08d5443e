import { describe, expect, it } from 'vitest';
import { requireShared } from './documents-of-request.js';

const isShared = (documents: unknown, shared: readonly string[]): boolean => {
  try {
    requireShared({ text: 'hi', ...(documents !== undefined && { documents }) }, shared);
    return true;
  } catch {
    return false;
  }
};

describe('documents that a request asks for', () => {
  it('are those of shared collections', () => {
    expect(isShared({ collection: 'handbook' }, ['faq', 'handbook'])).toBe(true);
    expect(isShared({}, ['default'])).toBe(true);
    expect(isShared(undefined, [])).toBe(true);
  });

  it('are no others, whatever they are written as', () => {
    const wrong = [{}, null, 'handbook', 5, [], { collection: null }, { collection: ['handbook'] }, { collection: '' }];
    expect(wrong.filter((each) => isShared(each, ['handbook']))).toEqual([]);
    expect(isShared(JSON.parse('{"__proto__": {"collection": "handbook"}}'), ['handbook'])).toBe(false);
  });
});
