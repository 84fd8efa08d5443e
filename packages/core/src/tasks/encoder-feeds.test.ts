import { describe, expect, it } from 'vitest';
import { cutToContext, encoderFeeds } from './encoder-feeds.js';

describe('encoderFeeds', () => {
  it('is one row of ids and a mask of ones', () => {
    const { input_ids, attention_mask } = encoderFeeds([[101, 7592, 102]]);
    expect(input_ids).toEqual({ type: 'int64', data: BigInt64Array.of(101n, 7592n, 102n), dims: [1, 3] });
    expect(attention_mask).toEqual({ type: 'int64', data: BigInt64Array.of(1n, 1n, 1n), dims: [1, 3] });
  });

  it('fills shorter rows with zeros that the mask leaves out', () => {
    const { input_ids, attention_mask } = encoderFeeds([
      [101, 102],
      [101, 7, 102],
    ]);
    expect(input_ids.dims).toEqual([2, 3]);
    expect(input_ids.data).toEqual(BigInt64Array.of(101n, 102n, 0n, 101n, 7n, 102n));
    expect(attention_mask.data).toEqual(BigInt64Array.of(1n, 1n, 0n, 1n, 1n, 1n));
  });
});

describe('cutToContext', () => {
  it('leaves what fits', () => {
    const ids = [101, 1, 2, 102];
    expect(cutToContext(ids, 4)).toBe(ids);
  });

  it('cuts the end but for the last special token', () => {
    expect(cutToContext([101, 1, 2, 3, 4, 102], 4)).toEqual([101, 1, 2, 102]);
  });
});
